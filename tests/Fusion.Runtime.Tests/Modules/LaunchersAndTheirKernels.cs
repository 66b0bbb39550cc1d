using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class LaunchersAndTheirKernels
{
    private static readonly KernelEntry Scale = Samples.Kernel("scale", ("float*", "x", 8), ("my::Params", "p", 16), ("int", "n", 4));

    [Test]
    public void MeetByModuleAndName()
    {
        var other = Samples.Kernel("scale");
        (string, KernelEntry)[] kernels = [("other", other), ("k", Scale)];

        Assert.That(Find(Declare("scale", 8, 16, 4), kernels), Is.SameAs(Scale));
        Assert.That(Find(Declare("fill", 8), kernels), Is.Null, "an #if may have left it out");
    }

    [Test]
    public void MayDisagreeOnNamespaces()
    {
        Assert.That(Find(Declare("math::scale", 8, 16, 4), [("k", Scale)]), Is.SameAs(Scale), "extern \"C\"");

        (string, KernelEntry)[] two = [("k", Samples.Kernel("a::scale")), ("k", Samples.Kernel("b::scale"))];
        Assert.That(Find(Declare("scale"), two), Is.Null);
    }

    [Test]
    public void OfAnotherNamespaceOrAnotherLauncherAreNotTaken()
    {
        (string, KernelEntry)[] one = [("k", Samples.Kernel("b::scale"))];

        Assert.That(Find(Declare("a::scale"), one), Is.Null, "an #if left out a::scale");
        Assert.That(Find(Declare("scale"), [Declare("scale"), Declare("b::scale")], one), Is.Null, "an #if left out ::scale");
        Assert.That(Find(Declare("scale"), [Declare("scale"), new("other", "b::scale", null)], one), Is.Not.Null);
    }

    [Test]
    public void OfOverloadsMeetByTypes()
    {
        var single = Samples.Kernel("k(float*)", ("float*", "x", 8));
        (string, KernelEntry)[] both = [("k", single), ("k", Samples.Kernel("k(double*)", ("double*", "x", 8)))];

        Assert.That(Find(Declare("k(float*)", 8), both), Is.SameAs(single));
        Assert.That(Find(Declare("k(float*)", 8), [("k", Samples.Kernel("k", ("float*", "x", 8)))]), Is.Not.Null, "an #if left one");
        Assert.That(Find(Declare("k(float*)", 8), [("k", Samples.Kernel("k", ("double*", "x", 8)))]), Is.Null);
        Assert.That(Find(Declare("k<float>", 8), [("k", Samples.Kernel("k<double>", ("double*", "x", 8)))]), Is.Null);
    }

    [Test]
    public void MustAgreeOnEachSizeThatTheLauncherKnows()
    {
        Assert.That(() => Find(Declare("scale", 8, 0, 4), [("k", Scale)]), Throws.Nothing);
        Assert.That(() => Find(new("k", "scale", null), [("k", Scale)]), Throws.Nothing);
        Assert.That(() => Find(Declare("scale", 8, 24, 4), [("k", Scale)]),
            Mismatch("parameter 1, 't1 p1', the launcher gives 24 bytes, the kernel takes 16").And.Message.Contains("FusionTypeMap"));
        Assert.That(() => Find(Declare("scale", 8, 16), [("k", Scale)]), Mismatch("gives 2 arguments, the kernel takes 3"));
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Mismatch(string text) =>
        Throws.TypeOf<KernelLoadException>().With.Property(nameof(FusionException.Code)).EqualTo("FUSION2014")
            .And.Message.Contains("'scale'").And.Message.Contains("'k'").And.Message.Contains(text);

    private static KernelDeclaration Declare(string name, params int[] sizes) =>
        new("k", name, [.. sizes.Select((size, i) => new DeclaredParameter($"p{i}", $"t{i}", size))]);

    private static KernelEntry? Find(KernelDeclaration declaration, (string Module, KernelEntry Entry)[] kernels) =>
        Find(declaration, [declaration], kernels);

    private static KernelEntry? Find(
        KernelDeclaration declaration, KernelDeclaration[] all, (string Module, KernelEntry Entry)[] kernels) =>
        LauncherCheck.Find(declaration, LauncherCheck.Candidates(
            declaration, all.Select(d => (d.Module, d.Name)).ToHashSet(), kernels.Select(k => new Named(k.Module, k.Entry)), Of), Of)?.Entry;

    private static (string Module, KernelEntry Entry) Of(Named kernel) => (kernel.Module, kernel.Entry);

    private sealed record Named(string Module, KernelEntry Entry);
}
