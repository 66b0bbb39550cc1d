using System.Collections.Concurrent;
using System.Text;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Interop.Nvrtc;

namespace Fusion.Emulation.Tests.Support;

/// <summary>CUDA C++ that NVRTC compiles to PTX.</summary>
internal static class CudaSource
{
    private static readonly ConcurrentDictionary<string, string> Compiled = new();

    /// <summary>Compiles a program; the same one once.</summary>
    /// <param name="source">The program, whose headers are the SDK's.</param>
    /// <param name="architecture">Virtual architecture, such as <c>compute_90</c>.</param>
    /// <param name="nvrtc">Version of NVRTC.</param>
    /// <param name="folders">More folders of headers.</param>
    public static string ToPtx(string source, string architecture = "compute_90", string nvrtc = "12.4", string[]? folders = null) =>
        Compiled.GetOrAdd($"{nvrtc} {architecture} {source}", _ => Compile(source, architecture, nvrtc, folders ?? []));

    private static string Compile(string source, string architecture, string nvrtc, string[] folders)
    {
        if (!NvrtcLibrary.TryLoad(NvrtcUnderTest.Library(nvrtc), out var library, out var failure)) throw new InvalidOperationException(failure);
        using var program = library.CreateProgram(source, "test.cu");
        var result = program.Compile(
        [
            $"--gpu-architecture={architecture}", "--std=c++17", "-default-device", "-lineinfo",
            $"--include-path={Repository.PathOf("kernels/cu")}", .. folders.Select(folder => $"--include-path={folder}"),
            $"--include-path={Repository.PathOf("kernels/compat")}",
        ]);
        Assert.That(result, Is.EqualTo(NvrtcResult.Success), program.GetLog());
        return Encoding.UTF8.GetString(program.GetPtx()).TrimEnd('\0');
    }
}
