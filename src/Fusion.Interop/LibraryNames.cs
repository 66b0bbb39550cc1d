namespace Fusion.Interop;

/// <summary>File names of the native libraries.</summary>
public static class LibraryNames
{
    /// <summary>Names of the CUDA driver, in the order in which they are tried.</summary>
    public static IReadOnlyList<string> Driver { get; } =
        OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    /// <summary>Names of NCCL, in the order in which they are tried. NCCL does not exist for Windows.</summary>
    public static IReadOnlyList<string> Nccl { get; } = ["libnccl.so.2", "libnccl.so"];

    /// <summary>Names of cuBLASLt, the newest first. The number is CUDA's major version.</summary>
    public static IReadOnlyList<string> CublasLt { get; } = OperatingSystem.IsWindows()
        ? ["cublasLt64_13.dll", "cublasLt64_12.dll"]
        : ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"];

    /// <summary>Names of NVRTC, the newest first. The number is the ABI's: 11.2 for every CUDA 11 from 11.2 on.</summary>
    public static IReadOnlyList<string> Nvrtc { get; } = OperatingSystem.IsWindows()
        ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
        : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>Names of NVTX, in the order in which they are tried: the library of CUDA 12 and 13, then that of CUDA up to
    /// 12.</summary>
    public static IReadOnlyList<string> Nvtx { get; } = OperatingSystem.IsWindows()
        ? ["nvToolsExt64_1.dll"]
        : ["libnvtx3interop.so.1", "libnvtx3interop.so", "libnvToolsExt.so.1", "libnvToolsExt.so"];

    /// <summary>Gets the name of the builtins library that NVRTC opens at the first compilation, whose version must be
    /// NVRTC's.</summary>
    /// <param name="major">Major version of NVRTC.</param>
    /// <param name="minor">Minor version of NVRTC.</param>
    public static string NvrtcBuiltins(int major, int minor) => OperatingSystem.IsWindows()
        ? $"nvrtc-builtins64_{major}{minor}.dll"
        : $"libnvrtc-builtins.so.{major}.{minor}";
}
