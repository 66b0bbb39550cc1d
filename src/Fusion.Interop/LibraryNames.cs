namespace Fusion.Interop;

/// <summary>The file names of the native libraries, in one place.</summary>
public static class LibraryNames
{
    /// <summary>The CUDA driver, in the order to try.</summary>
    public static IReadOnlyList<string> Driver { get; } =
        OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"];

    /// <summary>NCCL, in the order to try. There is none for Windows.</summary>
    public static IReadOnlyList<string> Nccl { get; } = ["libnccl.so.2", "libnccl.so"];

    /// <summary>NVRTC, the newest first. The number is the ABI's: 11.2 for every CUDA 11 from 11.2 on.</summary>
    public static IReadOnlyList<string> Nvrtc { get; } = OperatingSystem.IsWindows()
        ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
        : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>The library that NVRTC opens at the first compile; its version must be NVRTC's own.</summary>
    /// <param name="major">NVRTC's major version.</param>
    /// <param name="minor">NVRTC's minor version.</param>
    public static string NvrtcBuiltins(int major, int minor) => OperatingSystem.IsWindows()
        ? $"nvrtc-builtins64_{major}{minor}.dll"
        : $"libnvrtc-builtins.so.{major}.{minor}";
}
