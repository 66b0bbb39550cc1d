using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class ImageChoiceRules
{
    [TestCase(90, "sm_90a", "sm_90", "sm_90a", "compute_80", "compute_90a")]
    [TestCase(100, "sm_100a", "sm_100", "sm_100f", "sm_100a")]
    public void TheImageForExactlyThisChipComesFirst(int gpu, string expected, params string[] images) =>
        Expect(gpu, expected, images);

    [TestCase(103, "sm_100f", "sm_100", "sm_100f", "sm_100a", "compute_103")]
    [TestCase(103, "sm_103f", "sm_100f", "sm_103f", "sm_103")]
    [TestCase(121, "sm_120f", "sm_120f", "sm_121", "sm_100f")]
    public void ThenTheFamilysWithTheNewestChip(int gpu, string expected, params string[] images) =>
        Expect(gpu, expected, images);

    [TestCase(86, "sm_86", "sm_80", "sm_86", "sm_89", "compute_86")]
    [TestCase(87, "sm_86", "sm_80", "sm_86", "sm_89")]
    [TestCase(90, "sm_90", "sm_80", "sm_90", "sm_100", "compute_90")]
    public void ThenTheGenerationsWithTheNewestChipThatIsNotNewer(int gpu, string expected, params string[] images) =>
        Expect(gpu, expected, images);

    [TestCase(90, "compute_80", "sm_80", "sm_100", "compute_80", "compute_75", "compute_100")]
    [TestCase(89, "compute_89", "sm_90", "compute_80", "compute_89")]
    [TestCase(120, "compute_90", "sm_90", "compute_90", "compute_90a", "compute_100f")]
    [TestCase(90, "compute_90a", "compute_80", "compute_90a")]
    [TestCase(80, "compute_80", "compute_80", "compute_90a")]
    [TestCase(100, "compute_80", "compute_80", "compute_90a")]
    public void ThenTheNewestPtxThatTheGpuRuns(int gpu, string expected, params string[] images) =>
        Expect(gpu, expected, images);

    [TestCase(90, "compute_90a", "compute_90", "compute_90a")]
    [TestCase(103, "compute_100f", "compute_100", "compute_100f", "compute_100a")]
    [TestCase(103, "compute_103", "compute_100f", "compute_103")]
    public void PtxForOneChipOrFamilyBeatsPlainPtxOfTheSameNumber(int gpu, string expected, params string[] images) =>
        Expect(gpu, expected, images);

    [TestCase(75, "sm_80", "compute_80")]
    [TestCase(100, "sm_90", "sm_90a", "compute_90a")]
    [TestCase(103, "sm_100a")]
    [TestCase(90)]
    public void NothingIsChosenWhenNothingRuns(int gpu, params string[] images)
    {
        var choice = Choose(gpu, images);
        Assert.That(choice.Image, Is.Null);
        Assert.That(choice.TooNewForDriver, Is.Null);
        Assert.That(choice.Reason, Does.StartWith("none of ").And.Contain(images.FirstOrDefault() ?? "no image"));
    }

    [Test]
    public void AnArchitectureThatThisVersionCannotReadIsPassedOver() =>
        Expect(90, "compute_80", ["sm_90x", "compute_80"]);

    [Test]
    public void PtxThatTheDriverTakesIsPreferredToNewerThatItRefuses()
    {
        var module = Samples.Module("m", Samples.Image("compute_90", "8.7"), Samples.Image("compute_80", "8.0"));
        var choice = ImageSelector.Choose(module, new(9, 0), new Version(8, 4));
        Assert.That(choice.Image?.Architecture, Is.EqualTo("compute_80"));
    }

    [Test]
    public void PtxNewerThanTheDriverIsNotChosenButRemembered()
    {
        var module = Samples.Module("m", Samples.Image("compute_90", "8.7"));
        var choice = ImageSelector.Choose(module, new(9, 0), new Version(8, 4));
        Assert.That(choice.Image, Is.Null);
        Assert.That(choice.TooNewForDriver?.Architecture, Is.EqualTo("compute_90"));
        Assert.That(choice.Reason, Does.Contain("8.7").And.Contain("8.4"));
    }

    [Test]
    public void TheDriversPtxDoesNotConcernMachineCode()
    {
        var module = Samples.Module("m", Samples.Image("sm_90", "8.7"));
        Assert.That(ImageSelector.Choose(module, new(9, 0), new Version(7, 0)).Image, Is.Not.Null);
    }

    [Test]
    public void TheKindCanBeForced()
    {
        var module = Samples.ModuleFor("sm_90", "compute_80");
        Assert.That(
            ImageSelector.Choose(module, new(9, 0), kind: ImageKind.Ptx).Image?.Architecture, Is.EqualTo("compute_80"));
        Assert.That(ImageSelector.Choose(module, new(8, 0), kind: ImageKind.Cubin).Image, Is.Null);
    }

    [TestCase(90, "exactly 9.0", "sm_90a")]
    [TestCase(103, "family of 10.3", "sm_100f")]
    [TestCase(89, "for 8.0, the newest of generation 8", "sm_80")]
    [TestCase(90, "no machine code runs on 9.0", "compute_80")]
    public void TheReasonSaysWhichRuleDecided(int gpu, string words, params string[] images) =>
        Assert.That(Choose(gpu, images).Reason, Does.Contain(words));

    private static void Expect(int gpu, string expected, string[] images)
    {
        Assert.That(Choose(gpu, images).Image?.Architecture, Is.EqualTo(expected));
        Assert.That(Choose(gpu, [.. images.Reverse()]).Image?.Architecture, Is.EqualTo(expected), "in the other order");
    }

    private static ImageChoice Choose(int gpu, string[] images) =>
        ImageSelector.Choose(Samples.ModuleFor(images), ComputeCapability.FromNumber(gpu));
}
