using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Kernels for matmuls of this assembly, on each GPU of a group. Their names are found without allocating.</summary>
internal sealed class KernelLibraries : IDisposable
{
    private readonly Dictionary<GpuContext, KernelLibrary> libraries = [];
    private readonly Dictionary<(GpuContext Context, ElementType Input, ElementType Output, string Kind, string Size), Kernel> kernels = [];

    /// <exception cref="FusionException">The kernels cannot be loaded.</exception>
    public KernelLibraries(RankGroup group)
    {
        try
        {
            foreach (var context in group.Ranks.Select(rank => rank.Context).OfType<GpuContext>().Distinct())
                libraries[context] = KernelLibrary.Load(typeof(KernelLibraries).Assembly, context);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Gets a kernel.</summary>
    /// <param name="stream">Stream of its launch.</param>
    /// <param name="input">Input of the matmul.</param>
    /// <param name="output">Output of the matmul.</param>
    /// <param name="kind">First part of its name.</param>
    /// <param name="size">Last part of its name.</param>
    public Kernel Kernel(GpuStream stream, in DeviceTensor input, in DeviceTensor output, string kind, string size)
    {
        var key = (stream.Context, input.Type, output.Type, kind, size);
        if (kernels.TryGetValue(key, out var kernel)) return kernel;
        return kernels[key] = libraries[stream.Context].GetKernel($"{kind}_{CallWords.WordOf(input.Type)}_{CallWords.WordOf(output.Type)}{size}");
    }

    public void Dispose()
    {
        foreach (var library in libraries.Values) library.Dispose();
    }
}
