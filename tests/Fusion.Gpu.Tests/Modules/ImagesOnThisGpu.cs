using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

public sealed class ImagesOnThisGpu : GpuTest
{
    // Of tests/Shared/Kernels: they are compiled for Hopper alone.
    private static bool IsCommon(string module) => KernelCases.All.Any(kernel => kernel.File == module);

    [Test]
    public void AreTheBestOnesThatTheAssemblyHas()
    {
        var expected = Context.Device.Capability switch
        {
            (8, _) => ("sm_80", ImageKind.Cubin),
            (9, 0) => ("sm_90a", ImageKind.Cubin),
            (9, _) => ("sm_90", ImageKind.Cubin),
            _ => ("compute_80", ImageKind.Ptx),
        };

        Assert.That(Kernels.Modules.Where(choice => !IsCommon(choice.Module.Name)).Select(choice => (choice.Image!.Architecture, choice.Image.Kind)),
            Is.Not.Empty.And.All.EqualTo(expected));
    }

    [Test]
    public void ArePtxWhereThatIsAskedFor()
    {
        using var ptx = KernelLibrary.Load(GetType().Assembly, Context, new KernelLoadOptions { Kind = ImageKind.Ptx });

        Assert.That(ptx.Modules.Select(choice => choice.Image!.Kind), Has.All.EqualTo(ImageKind.Ptx));
    }

    [Test]
    public void AreTheBytesThatOthersGet()
    {
        var choice = Kernels.Modules[0];
        var bytes = KernelLibrary.ReadImage(GetType().Assembly, choice.Module.Name, Context.Device.Capability, GpuDriver.MaxPtxVersion);

        Assert.That(bytes, Has.Length.EqualTo(choice.Image!.Bytes + (choice.Image.Kind == ImageKind.Ptx ? 1 : 0)));
    }

    [Test]
    public void HaveEveryKernelOfTheManifest() =>
        Assert.That(Kernels.Kernels.Where(kernel => !IsCommon(kernel.Module)).Select(kernel => kernel.Name), Is.EquivalentTo([
            "echo_arguments", "where_am_i", "widen_bf16", "round_to_bf16", "reciprocal_root", "rms_norm", "rms_norm_variants",
            "scale<float>", "scale<int>", "reverse", "wait_for_flag", "raise_flag", "produce", "consume", "hold", "spin", "negate", "row_max", "entered_call", "weigh",
            "sum_of_all_blocks", "copy_box", "compare_and_poison"]));

    [Test]
    public void WithOneByteFlippedAreRefused()
    {
        var image = Kernels.Modules[0].Image!;
        var resources = ResourceAssembly.ResourcesOf(GetType().Assembly);
        resources[image.Resource][resources[image.Resource].Length / 2] ^= 1;
        var damaged = ResourceAssembly.Create("Damaged", resources);

        Assert.That(() => KernelLibrary.Load(damaged, Context),
            Throws.TypeOf<KernelLoadException>()
                .With.Property(nameof(FusionException.Code)).EqualTo("FUSION2005")
                .And.Message.Contains(image.Resource));
    }

    [Test]
    public void LoadFromAnyAssemblyThatHasThem()
    {
        var copy = ResourceAssembly.Create("Copy", ResourceAssembly.ResourcesOf(GetType().Assembly));

        using var kernels = KernelLibrary.Load(copy, Context);

        Assert.That(kernels.Kernels, Has.Count.EqualTo(Kernels.Kernels.Count));
    }
}
