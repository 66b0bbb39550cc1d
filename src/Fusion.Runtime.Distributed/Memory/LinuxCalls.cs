using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>Functions of Linux for memory and descriptors that processes share. The numbers are those of x64 and arm64.</summary>
internal static unsafe partial class LinuxCalls
{
    public const int CloseOnExec = 1;
    public const int AllowSealing = 2;
    public const int AddSeals = 1033;
    public const int GetSeals = 1034;
    public const int SealShrink = 2;
    public const int SealGrow = 4;
    public const int ReadAndWrite = 3;
    public const int MapShared = 1;

    private const int Interrupted = 4;

    /// <summary>Throws where these functions are missing.</summary>
    /// <exception cref="PlatformNotSupportedException">The process is no 64-bit one of Linux.</exception>
    public static void ThrowUnlessThere()
    {
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64) return;
        throw new PlatformNotSupportedException(
            $"Processes share memory through functions of Linux on x64 or arm64, and this is {RuntimeInformation.OSDescription} on " +
            $"{RuntimeInformation.ProcessArchitecture}. Run all ranks in one process: RankGroup.OnGpus or RankGroup.OnCpu.");
    }

    /// <summary>Makes the exception for a function that has just failed.</summary>
    /// <param name="what">What was wanted, as in "Memory of 4096 bytes cannot be made".</param>
    /// <param name="function">Name of the function.</param>
    /// <param name="error">Its error number.</param>
    public static IOException Failed(string what, string function, int error) =>
        new($"{what}: {function} says '{Marshal.GetPInvokeErrorMessage(error)}' (error {error}).");

    /// <summary>Calls a function that returns an error number until no signal interrupts it.</summary>
    public static int Repeat(Func<int> function)
    {
        int error;
        do error = function();
        while (error == Interrupted);
        return error;
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial SafeFileHandle CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Reserve(SafeFileHandle file, long offset, long bytes);

    // A function with a variable list of arguments, to which both systems pass an int as to any other.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Map(nint address, nuint bytes, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Unmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Send(SafeHandle socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Receive(SafeHandle socket, MessageHeader* message, int flags);
}
