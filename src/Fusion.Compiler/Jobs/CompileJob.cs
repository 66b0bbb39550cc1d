using Fusion.Manifest;

namespace Fusion.Compiler.Jobs;

/// <summary>One compilation: a kernel for a chip. It always gives machine code and PTX, since only the assembler checks
/// inline PTX; what is wanted of the two is kept.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Architecture">The chip, as machine code.</param>
/// <param name="WantsCubin">Whether machine code is wanted.</param>
/// <param name="WantsPtx">Whether PTX is wanted.</param>
internal sealed record CompileJob(Kernel Kernel, GpuArchitecture Architecture, bool WantsCubin, bool WantsPtx)
{
    /// <summary>Path of the machine code in the output folder.</summary>
    public string CubinFile => $"{Kernel.Name}.{Architecture}.cubin";

    /// <summary>Path of the PTX in the output folder.</summary>
    public string PtxFile => $"{Kernel.Name}.{Architecture.AsVirtual}.ptx";

    /// <summary>Path of the job's record in the output folder.</summary>
    public string RecordFile => $"{Kernel.Name}.{Architecture}.job.json";

    /// <summary>The jobs of a kernel.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="architectures">What it is compiled for, in canonical order.</param>
    public static IEnumerable<CompileJob> Of(Kernel kernel, IReadOnlyList<GpuArchitecture> architectures) => architectures
        .GroupBy(a => a.AsReal)
        .Select(g => new CompileJob(kernel, g.Key, g.Any(a => !a.IsVirtual), g.Any(a => a.IsVirtual)));
}
