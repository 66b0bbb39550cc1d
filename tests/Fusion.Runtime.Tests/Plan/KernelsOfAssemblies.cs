using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

public sealed class KernelsOfAssemblies
{
    [Test]
    public void AreFoundByTheirNames()
    {
        var assembly = VariantAssembly.With(
            Samples.Module("kernels/rms_norm", Samples.Image("sm_80")), VariantAssembly.Module("residual+rmsnorm+nvfp4", type: "f16", ranks: [3, 4]));

        var variants = AllReduceKernels.Of(assembly).Variants;

        Assert.That(variants.Select(one => (one.Name, one.HiddenSize, one.DataType, one.WorldSize, $"{one.Epilogue}")), Is.EqualTo([
            ("llama", 4096, ElementType.Float16, 3, "residual+rmsnorm+nvfp4"), ("llama", 4096, ElementType.Float16, 4, "residual+rmsnorm+nvfp4")]));
        Assert.That(variants.Select(one => one.Assembly), Has.All.SameAs(assembly));
    }

    [Test]
    public void AreNoneWhereThereAreNone()
    {
        Assert.That(AllReduceKernels.Of(typeof(KernelsOfAssemblies).Assembly, KernelAssembly.WithResources()).Variants, Is.Empty);
        Assert.That(AllReduceKernels.Of(typeof(AllReduce).Assembly).Variants, Is.Empty, "the runtime has kernels for all models alone");
        Assert.That(AllReduceKernels.BuiltIn.Variants, Is.Empty);
    }

    [Test]
    public void AreIncompleteWhereAnExchangeIsMissing()
    {
        var module = VariantAssembly.Module("fp8");
        var images = module.Images.Select(image => image with { Kernels = [.. image.Kernels.Where(kernel => !kernel.Name.Contains("two_shot_bf16_p1_", StringComparison.Ordinal))] });

        var variants = VariantAssembly.Kernels(module with { Images = [.. images] }).Variants;

        Assert.That(variants.Select(one => one.WorldSize), Is.EqualTo([8]));
    }

    [Test]
    public void AreThereOnceTheirAssemblyIsRegistered()
    {
        var before = AllReduceKernels.GetRegistered();
        // No other test makes an operation of this size.
        var assembly = VariantAssembly.With(VariantAssembly.Module("none", hidden: 24));

        AllReduceKernels.Register(assembly);
        AllReduceKernels.Register(assembly);

        Assert.That(before.Variants.Select(one => one.Assembly), Has.None.SameAs(assembly));
        Assert.That(AllReduceKernels.GetRegistered().Variants.Count(one => one.Assembly == assembly), Is.EqualTo(2));
    }

    [Test]
    public void DoNotKeepTheirAssemblyFromBeingUnloaded()
    {
        var assembly = RegisterAndUnload();

        for (var i = 0; i < 20 && assembly.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(assembly.IsAlive, Is.False);
        Assert.That(AllReduceKernels.GetRegistered().Variants.Select(one => one.HiddenSize), Has.None.EqualTo(40));
    }

    [Test]
    public void AreUsedByTheFirstAssemblyThatHasThem()
    {
        var (first, second) = (VariantAssembly.With(VariantAssembly.Module("none")), VariantAssembly.With(VariantAssembly.Module("none")));
        var request = Requests.Of(hidden: 4096) with { Kernels = AllReduceKernels.Of(first, second), Epilogue = default(AllReduceEpilogue) };

        Assert.That(AllReduceDispatcher.Plan(request).Variant!.Assembly, Is.SameAs(first));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RegisterAndUnload()
    {
        var context = new AssemblyLoadContext("unloaded", isCollectible: true);
        var manifest = Samples.Manifest([VariantAssembly.Module("none", hidden: 40)]);
        var assembly = KernelAssembly.LoadInto(context, (KernelManifest.ResourceName, manifest.ToJson()));
        AllReduceKernels.Register(assembly);
        Assert.That(AllReduceKernels.GetRegistered().Variants.Select(one => one.HiddenSize), Has.Some.EqualTo(40));
        context.Unload();
        return new(assembly);
    }
}
