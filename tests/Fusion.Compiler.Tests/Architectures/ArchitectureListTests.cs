using Fusion.Compiler.Architectures;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Architectures;

public sealed class ArchitectureListTests
{
    private static readonly int[] Nvrtc124 = [50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90];

    [Test]
    public void AListIsPutInOrderAndNamesEachArchitectureOnce()
    {
        var list = ArchitectureList.Parse("compute_90; sm_100f;sm_90a;sm_90;sm_80 ;sm_90;sm_100;", out var problem);

        Assert.That(problem, Is.Empty);
        Assert.That(list.ToString(), Is.EqualTo("sm_80;sm_90;compute_90;sm_90a;sm_100;sm_100f"));
    }

    [TestCase("all", "sm_50;compute_50;sm_52;sm_53;sm_60;sm_61;sm_62;sm_70;sm_72;sm_75;sm_80;sm_86;sm_87;sm_89;sm_90")]
    [TestCase("all-major", "sm_50;compute_50;sm_60;sm_70;sm_80;sm_90")]
    [TestCase("native", "sm_89;sm_90")]
    [TestCase("native;compute_75", "compute_75;sm_89;sm_90")]
    [TestCase("all-major;sm_90a", "sm_50;compute_50;sm_60;sm_70;sm_80;sm_90;sm_90a")]
    public void AWordStandsForArchitectures(string words, string expected)
    {
        var list = ArchitectureList.Parse(words, out _).Expand(Nvrtc124, [new(9, 0), new(8, 9)]);

        Assert.That(string.Join(';', list), Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase(" ; ")]
    [TestCase("90")]
    [TestCase("sm_80;SM_90")]
    [TestCase("sm_80,sm_90")]
    [TestCase("sm_90b")]
    [TestCase("All")]
    public void AnythingElseIsAProblemThatSaysWhatIsExpected(string text)
    {
        ArchitectureList.Parse(text, out var problem);

        Assert.That(problem, Does.Contain("sm_80;sm_90a;compute_80"));
    }

    [FsCheck.NUnit.Property]
    public void WhatAListPrintsReadsAsTheSameList(ushort[] numbers, bool all, bool allMajor, bool native)
    {
        var named = numbers.Select(n => new GpuArchitecture(
            ComputeCapability.FromNumber(10 + (n % 990)), (ArchitectureForm)(n / 990 % 3), n % 2 == 0));
        var list = new ArchitectureList { Named = ArchitectureList.Canonical(named), All = all, AllMajor = allMajor, Native = native };
        if (list.ToString().Length == 0) return;

        var again = ArchitectureList.Parse(list.ToString(), out var problem);

        Assert.That(problem, Is.Empty);
        Assert.That(again.Named, Is.EqualTo(list.Named));
        Assert.That((again.All, again.AllMajor, again.Native), Is.EqualTo((all, allMajor, native)));
    }
}
