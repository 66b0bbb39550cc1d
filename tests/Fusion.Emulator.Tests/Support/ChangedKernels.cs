using System.Runtime.InteropServices;
using System.Text;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Interop;
using Fusion.Interop.Driver;
using Fusion.Interop.Nvrtc;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Support;

/// <summary>The emulator's driver, but for the built-in one-shot kernels of bf16, in whose place it loads those of a changed copy of
/// <c>kernels/cu</c>.</summary>
internal sealed unsafe class ChangedKernels : IExportTable
{
    private const string Entry = "entry/one_shot_bf16.cu";
    private static readonly byte[] Symbol = Encoding.ASCII.GetBytes(".entry one_shot_bf16_p1_v1(");
    private static byte[] image = [];

    private ChangedKernels()
    {
    }

    /// <summary>Uses emulated GPUs with changed kernels.</summary>
    public static void Use(byte[] ptx, EmulatorOptions options)
    {
        image = ptx;
        Emulator.Use(options);
        GpuDriver.Use(new ChangedKernels());
    }

    /// <summary>Compiles the kernels with a change of one file.</summary>
    /// <param name="file">File below <c>kernels/cu/fusion</c>.</param>
    /// <param name="from">Text that is there, once or more.</param>
    /// <param name="to">Text in its place.</param>
    public static byte[] Compile(string file, string from, string to)
    {
        var copy = Directory.CreateTempSubdirectory("fusion-kernels");
        try
        {
            foreach (var header in Directory.GetFiles(Repository.PathOf("kernels/cu"), "*.cu*", SearchOption.AllDirectories))
            {
                var target = Path.Combine(copy.FullName, Path.GetRelativePath(Repository.PathOf("kernels/cu"), header));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(header, target);
            }

            var changed = Path.Combine(copy.FullName, "fusion", file);
            var text = File.ReadAllText(changed).ReplaceLineEndings("\n");
            Assert.That(text, Does.Contain(from), "the kernels have changed: change the mistake too");
            File.WriteAllText(changed, text.Replace(from, to, StringComparison.Ordinal));
            return Compile(copy.FullName);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    public bool TryGet(string name, out nint address)
    {
        if (name != "cuModuleLoadDataEx") return Emulator.Table.TryGet(name, out address);
        address = (nint)(delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)&Load;
        return true;
    }

    [UnmanagedCallersOnly]
    private static CudaResult Load(nint* module, void* given, uint count, JitOption* options, void** values)
    {
        Emulator.Table.TryGet("cuModuleLoadDataEx", out var address);
        var load = (delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)address;
        var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)given);
        fixed (byte* changed = image) return load(module, text.IndexOf(Symbol) < 0 ? given : changed, count, options, values);
    }

    private static byte[] Compile(string folder)
    {
        if (!NvrtcLibrary.TryLoad(NvrtcUnderTest.Library("12.4"), out var library, out var failure)) throw new InvalidOperationException(failure);
        using var program = library.CreateProgram(File.ReadAllText(Path.Combine(folder, Entry)), "one_shot_bf16.cu");
        var result = program.Compile(["--gpu-architecture=compute_90", "--std=c++17", "-default-device", "-lineinfo", $"--include-path={folder}"]);
        Assert.That(result, Is.EqualTo(NvrtcResult.Success), program.GetLog());
        return [.. program.GetPtx(), 0];
    }
}
