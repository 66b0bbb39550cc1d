using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Emulation.Machine;

/// <summary>Memory of an emulated GPU that can be mapped at several addresses, in this process and in others: pages of a file without a
/// name in any file system. What is known of the bytes is the same for all mappings of a process.</summary>
internal sealed unsafe partial class SharedPages
{
    /// <summary>Unit of sizes and addresses, as on a GPU.</summary>
    public const ulong Unit = 2 << 20;

    private const string NameStart = "fusion-gpu-";
    private const string PathStart = "/memfd:" + NameStart;
    private const int CloseOnExec = 1;
    private const int DuplicateCloseOnExec = 1030;
    private const int ReadAndWrite = 3;
    private const int Shared = 1;
    private const int Private = 2;
    private const int Fixed = 0x10;
    private const int Anonymous = 0x20;
    private const int NoReserve = 0x4000;

    private readonly SafeFileHandle file;
    private volatile int users = 1;

    private SharedPages(SafeFileHandle file, string name, int gpu, ulong bytes, Action<SharedPages> onEnd) =>
        (this.file, Name, Gpu, Bytes, OnEnd) = (file, name, gpu, bytes, onEnd);

    /// <summary>Whether this system has such memory.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Name by which processes know that it is the same memory.</summary>
    public string Name { get; }

    /// <summary>Ordinal of the GPU that has the memory.</summary>
    public int Gpu { get; }

    public ulong Bytes { get; }

    /// <summary>Number of the file descriptor in this process.</summary>
    public int Descriptor => (int)file.DangerousGetHandle();

    /// <inheritdoc cref="Allocation.Written"/>
    public byte* Written { get; private set; }

    /// <inheritdoc cref="Allocation.Marks"/>
    public MemoryMarks? Marks { get; private set; }

    /// <inheritdoc cref="Allocation.Copies"/>
    public CopyUses? Copies { get; private set; }

    /// <summary>Whether the allocation that it was made for has been freed.</summary>
    public bool IsFreed { get; set; }

    private Action<SharedPages> OnEnd { get; }

    /// <summary>Makes memory.</summary>
    /// <param name="bytes">Size in bytes, a multiple of <see cref="Unit"/>.</param>
    /// <param name="gpu">Ordinal of the GPU.</param>
    /// <param name="onEnd">Called when nothing in this process uses the memory any more.</param>
    /// <returns>The memory, used once; null if the system refuses.</returns>
    public static SharedPages? TryMake(ulong bytes, int gpu, Action<SharedPages> onEnd)
    {
        if (!IsSupported) return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"{NameStart}{gpu}-{Guid.NewGuid():N}");
        var file = CreateMemory(name, CloseOnExec);
        if (!file.IsInvalid && SetLength(file, (long)bytes) == 0) return new(file, name, gpu, bytes, onEnd);
        file.Dispose();
        return null;
    }

    /// <summary>Opens memory of another process, of whose bytes nothing is known here.</summary>
    /// <param name="process">Number of the process, or <c>self</c>.</param>
    /// <param name="descriptor">Number of the descriptor there.</param>
    /// <param name="onEnd">Called when nothing in this process uses the memory any more.</param>
    public static SharedPages? TryOpen(string process, int descriptor, Action<SharedPages> onEnd)
    {
        if (NameOf(process, descriptor) is not { } name) return null;
        try
        {
            var file = File.OpenHandle(PathOf(process, descriptor), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var gpu = int.Parse(name[NameStart.Length..name.LastIndexOf('-')], CultureInfo.InvariantCulture);
            return new(file, name, gpu, (ulong)RandomAccess.GetLength(file), onEnd);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Gets the name of the memory that a process has open; null if it is no memory of an emulated GPU, or is not to be seen from
    /// here.</summary>
    public static string? NameOf(string process, int descriptor)
    {
        try
        {
            var target = IsSupported ? new FileInfo(PathOf(process, descriptor)).LinkTarget : null;
            return target?.StartsWith(PathStart, StringComparison.Ordinal) == true ? target["/memfd:".Length..].Split(' ')[0] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Gives the memory what is to be known of its bytes.</summary>
    public void Track(bool isTracked, bool isMarked, bool notesCopies)
    {
        Written = isTracked ? (byte*)NativeMemory.AllocZeroed((nuint)Bytes + 16) : null;
        Copies = isMarked || notesCopies ? new() : null;
        Marks = isMarked ? new(Bytes) { Copies = Copies! } : null;
    }

    /// <summary>Notes one more user, unless there is none any more.</summary>
    public bool TryKeep()
    {
        for (var now = users; now > 0; now = users)
            if (Interlocked.CompareExchange(ref users, now + 1, now) == now) return true;
        return false;
    }

    /// <summary>Notes one user less; with the last one the memory goes, if no other process has it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref users) > 0) return;
        OnEnd(this);
        NativeMemory.Free(Written);
        Written = null;
        file.Dispose();
    }

    /// <summary>Makes a descriptor that the caller owns.</summary>
    /// <returns>Its number; -1 if the process has too many.</returns>
    public int Duplicate() => Control(file, DuplicateCloseOnExec, 0);

    /// <summary>Reserves addresses.</summary>
    /// <returns>The first address, a multiple of <see cref="Unit"/>; 0 if there are none.</returns>
    public static ulong Reserve(ulong bytes)
    {
        // A unit before and behind, so that an access past the end is in no allocation.
        var start = (ulong)Map(0, (nuint)(bytes + (3 * Unit)), 0, Private | Anonymous | NoReserve, -1, 0);
        if (start == ulong.MaxValue) return 0;
        var end = start + bytes + (3 * Unit);
        var address = (start + (2 * Unit) - 1) / Unit * Unit;
        if (address - Unit > start) _ = Unmap((nint)start, (nuint)(address - Unit - start));
        if (address + bytes + Unit < end) _ = Unmap((nint)(address + bytes + Unit), (nuint)(end - address - bytes - Unit));
        return address;
    }

    /// <summary>Gives reserved addresses back.</summary>
    public static void Free(ulong address, ulong bytes) => _ = Unmap((nint)(address - Unit), (nuint)(bytes + (2 * Unit)));

    /// <summary>Takes what is mapped away from addresses, which stay reserved.</summary>
    public static void Clear(ulong address, ulong bytes) => _ = Map((nint)address, (nuint)bytes, 0, Private | Anonymous | NoReserve | Fixed, -1, 0);

    /// <summary>Maps the memory at reserved addresses.</summary>
    public bool TryMapAt(ulong address) => Map((nint)address, (nuint)Bytes, ReadAndWrite, Shared | Fixed, Descriptor, 0) != -1;

    private static string PathOf(string process, int descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd/{descriptor}");

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLength(SafeFileHandle file, long bytes);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Map(nint address, nuint bytes, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(nint address, nuint bytes);
}
