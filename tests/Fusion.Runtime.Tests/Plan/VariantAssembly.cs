using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Plan;

/// <summary>Assemblies with kernels for one model, by their manifest alone.</summary>
internal static class VariantAssembly
{
    public static Assembly With(params IEnumerable<KernelModule> modules) => KernelAssembly.With(Samples.Manifest(modules));

    /// <summary>What <c>FusionAllReduce</c> makes of a type and an epilogue.</summary>
    public static KernelModule Module(
        string epilogue, int hidden = 4096, string type = "bf16", int[]? ranks = null, string[]? architectures = null, string item = "llama")
    {
        Assert.That(EpilogueWords.TryParse(epilogue, out var words, out var problem), problem);
        var names = (ranks ?? [2, 8]).SelectMany(n => new[] { AllReduceKernelName.OneShot, AllReduceKernelName.TwoShot }
            .Select(stem => new AllReduceKernelName(stem, type, n - 1, (hidden + 8191) / 8192, hidden, n, words)));
        if (!words.IsNone) names = names.Append(new(AllReduceKernelName.EpilogueKernel, type, 0, (hidden + 8191) / 8192, hidden, 0, words));
        var kernels = names.Select(name => Samples.Kernel(name.ToString())).ToList();
        return Samples.Module(AllReduceKernelName.ModuleOf(item, type, words),
            (architectures ?? ["sm_90a", "compute_80"]).Select(name => Samples.Image(name) with { Kernels = kernels }));
    }

    public static AllReduceKernels Kernels(params IEnumerable<KernelModule> modules) => AllReduceKernels.Of(With(modules));
}
