using FsCheck;
using FsCheck.Fluent;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed class ImageChoiceProperties
{
    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 2000)]
    public bool WhatIsChosenRunsOnTheGpuAndTheDriver(KernelModule module, ComputeCapability gpu, Version driverPtx)
    {
        var image = ImageSelector.Choose(module, gpu, driverPtx).Image;
        return image is null || (Architecture(image).RunsOn(gpu) && DriverTakes(image, driverPtx));
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 2000)]
    public bool NothingIsChosenOnlyIfNothingRuns(KernelModule module, ComputeCapability gpu, Version driverPtx) =>
        ImageSelector.Choose(module, gpu, driverPtx).Image is null ==
        !module.Images.Any(i => Architecture(i).RunsOn(gpu) && DriverTakes(i, driverPtx));

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 2000)]
    public bool OneMoreImageNeverMakesTheChoiceWorse(KernelModule module, KernelImage more, ComputeCapability gpu)
    {
        var before = ImageSelector.Choose(module, gpu).Image;
        var after = ImageSelector.Choose(module with { Images = [.. module.Images, more] }, gpu).Image;
        return before is null || (after is not null && ImageSelector.Rank(after).CompareTo(ImageSelector.Rank(before)) >= 0);
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 2000)]
    public bool MachineCodeThatRunsIsNeverLeftForPtx(KernelModule module, ComputeCapability gpu)
    {
        var image = ImageSelector.Choose(module, gpu).Image;
        return image?.Kind != ImageKind.Ptx ||
            !module.Images.Any(i => i.Kind == ImageKind.Cubin && Architecture(i).RunsOn(gpu));
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(Generators)], MaxTest = 500)]
    public bool TheOrderOfTheImagesDoesNotMatter(KernelModule module, ComputeCapability gpu) =>
        ImageSelector.Choose(module, gpu).Image?.Architecture ==
        ImageSelector.Choose(module with { Images = [.. module.Images.Reverse()] }, gpu).Image?.Architecture;

    private static GpuArchitecture Architecture(KernelImage image) => GpuArchitecture.Parse(image.Architecture);

    private static bool DriverTakes(KernelImage image, Version driverPtx) =>
        image.Kind == ImageKind.Cubin || Version.Parse(image.PtxVersion) <= driverPtx;

    private static class Generators
    {
        private static readonly int[] Chips = [75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121];
        private static readonly string[] PtxVersions = ["7.8", "8.0", "8.4", "8.8", "9.0"];

        public static Arbitrary<ComputeCapability> Capability() =>
            Gen.Elements(Chips).Select(ComputeCapability.FromNumber).ToArbitrary();

        public static Arbitrary<Version> Ptx() => Gen.Elements(PtxVersions).Select(Version.Parse).ToArbitrary();

        public static Arbitrary<KernelImage> Image() => AnyImage.ToArbitrary();

        public static Arbitrary<KernelModule> Module() =>
            AnyImage.ArrayOf().Where(images => images.Length < 12)
                .Select(images => Samples.Module("m", images)).ToArbitrary();

        private static Gen<KernelImage> AnyImage =>
            from chip in Gen.Elements(Chips)
            from prefix in Gen.Elements("sm_", "compute_")
            from form in Gen.Elements("", "f", "a")
            from ptx in Gen.Elements(PtxVersions)
            select Samples.Image($"{prefix}{chip}{form}", ptx);
    }
}
