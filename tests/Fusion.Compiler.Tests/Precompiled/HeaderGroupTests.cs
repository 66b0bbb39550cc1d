using Fusion.Compiler.Precompiled;

namespace Fusion.Compiler.Tests.Precompiled;

/// <summary>When headers are precompiled, and until when they are kept.</summary>
public sealed class HeaderGroupTests
{
    private static readonly string[] Options = ["-arch=sm_80"];
    private readonly string file = Path.GetTempFileName();
    private int created;

    [SetUp]
    public void Begin() => created = 0;

    [OneTimeTearDown]
    public void Delete() => File.Delete(file);

    [Test]
    public void TheSecondCompilationPrecompilesAndTheRestUsesIt()
    {
        var group = new HeaderGroup("text", 4);

        Assert.That(Next(group), Is.Null, "nobody knows yet how large the headers are");
        group.Weigh(PrecompiledHeader.LeastBytes);
        var second = Next(group);

        Assert.That(second, Is.Not.Null);
        Assert.That(new[] { Next(group), Next(group) }, Is.All.SameAs(second));
        Assert.That(created, Is.EqualTo(1));
    }

    [Test]
    public void NothingIsPrecompiledOfSmallHeaders()
    {
        var group = new HeaderGroup("text", 9);
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes - 1);

        Assert.That(Next(group), Is.Null);
        Assert.That(created, Is.Zero);
    }

    [Test]
    public void NothingIsPrecompiledForTheLastTwo()
    {
        var group = new HeaderGroup("text", 4);
        group.Begin();
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes);

        Assert.That(Next(group), Is.Null, "one more may come");
        Assert.That(created, Is.Zero);
    }

    [Test]
    public void WhatNvrtcDoesNotPrecompileIsTriedOnce()
    {
        var group = new HeaderGroup("text", 9);
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes);
        PrecompiledHeader? Fail()
        {
            created++;
            return null;
        }

        Assert.That(new[] { group.For(Options, _ => Fail()), group.For(Options, _ => Fail()), Next(group) }, Is.All.Null);
        Assert.That(created, Is.EqualTo(1));
    }

    [Test]
    public void OtherOptionsDoWithout()
    {
        var group = new HeaderGroup("text", 9);
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes);

        Assert.That(Next(group), Is.Not.Null);
        Assert.That(group.For([.. Options, "-default-device"], _ => Create()), Is.Null);
        Assert.That(Next(group), Is.Not.Null);
    }

    [Test]
    public void AGroupThatGivesUpDoesWithout()
    {
        var group = new HeaderGroup("text", 9);
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes);
        Next(group);

        group.GiveUp();

        Assert.That(Next(group), Is.Null);
    }

    [Test]
    public void TheFileGoesWithTheLastOfThem()
    {
        var group = new HeaderGroup("text", 4);
        Next(group);
        group.Weigh(PrecompiledHeader.LeastBytes);
        Next(group);
        File.WriteAllText(file, "");

        for (var i = 0; i < 3; i++) group.End();
        Assert.That(file, Does.Exist);
        group.End();
        Assert.That(file, Does.Not.Exist);
    }

    private PrecompiledHeader? Next(HeaderGroup group)
    {
        group.Begin();
        return group.For(Options, _ => Create());
    }

    private PrecompiledHeader Create()
    {
        created++;
        return new PrecompiledHeader(file, Options, [], "");
    }
}
