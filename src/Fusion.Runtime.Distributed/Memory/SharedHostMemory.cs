using System.Runtime.InteropServices;
using Fusion.Interop.Driver;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>Memory of the host that several processes map. It has no name in any file system: who has its descriptor can map it,
/// and it ends with the last process that has it.</summary>
/// <remarks>The size can never change, so no process that has the descriptor can pull the memory away under another one
/// (SIGBUS).</remarks>
internal sealed unsafe class SharedHostMemory : IDisposable
{
    private const int Seals = LinuxCalls.SealShrink | LinuxCalls.SealGrow;

    private readonly NativeHandle handle;

    private SharedHostMemory(SafeFileHandle descriptor, long bytes)
    {
        (Descriptor, Bytes) = (descriptor, bytes);
        var address = LinuxCalls.Map(0, (nuint)bytes, LinuxCalls.ReadAndWrite, LinuxCalls.MapShared, descriptor, 0);
        if (address == -1) throw LinuxCalls.Failed($"Shared memory of {bytes} bytes cannot be mapped", "mmap", Marshal.GetLastPInvokeError());
        handle = new(null, address, "shared memory", Unmap);

        CudaResult Unmap(nint start) => LinuxCalls.Unmap(start, (nuint)bytes) == 0 ? CudaResult.Success : CudaResult.InvalidValue;
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Descriptor of the memory, to pass to other processes; closed with the memory.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>Address of the first byte in this process, at the start of a page.</summary>
    /// <exception cref="ObjectDisposedException">The memory is disposed.</exception>
    public byte* Pointer => handle.IsDisposed ? throw new ObjectDisposedException("shared memory") : (byte*)handle.Value;

    /// <summary>Makes memory, all of which is zero and reserved: using it cannot fail later.</summary>
    /// <param name="bytes">Size in bytes, more than 0.</param>
    /// <exception cref="IOException">There is not enough memory, or the kernel has no anonymous files (before 3.17).</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static SharedHostMemory Create(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        LinuxCalls.ThrowUnlessThere();
        var what = $"Shared memory of {bytes} bytes cannot be made";
        // The kernel would end processes before it refused.
        if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes is var most && bytes > most) throw new IOException($"{what}: this process may use {most} bytes of memory.");
        var descriptor = LinuxCalls.CreateMemory("fusion", LinuxCalls.CloseOnExec | LinuxCalls.AllowSealing);
        try
        {
            if (descriptor.IsInvalid) throw LinuxCalls.Failed(what, "memfd_create", Marshal.GetLastPInvokeError());
            if (LinuxCalls.Repeat(() => LinuxCalls.Reserve(descriptor, 0, bytes)) is var error and not 0) throw LinuxCalls.Failed(what, "posix_fallocate", error);
            if (LinuxCalls.Control(descriptor, LinuxCalls.AddSeals, Seals) != 0) throw LinuxCalls.Failed(what, "fcntl(F_ADD_SEALS)", Marshal.GetLastPInvokeError());
            return new(descriptor, bytes);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Maps memory that another process made.</summary>
    /// <param name="descriptor">Descriptor of the memory, which the result owns from now on, also if this throws.</param>
    /// <param name="bytes">Size in bytes that the other process announced.</param>
    /// <exception cref="IOException">The descriptor is of something else, of another size, or its size can change.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static SharedHostMemory Open(SafeFileHandle descriptor, long bytes)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        try
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
            LinuxCalls.ThrowUnlessThere();
            // Seals first: only then does the size stay what it is found to be. Other files than anonymous memory have none.
            var seals = LinuxCalls.Control(descriptor, LinuxCalls.GetSeals, 0);
            if (seals < 0 || (seals & Seals) != Seals)
            {
                throw new IOException(
                    "A peer's descriptor is not of shared memory whose size is fixed: expected seals against shrinking and growing, found " +
                    (seals < 0 ? "a file without seals" : $"the seals 0x{seals:x}") + ". All processes must run the same version of the library.");
            }

            var found = RandomAccess.GetLength(descriptor);
            if (found != bytes) throw new IOException($"A peer's shared memory has {found} bytes: expected {bytes}, which it announced. All processes must run the same version of the library.");
            return new(descriptor, bytes);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the memory mapped, also if it is disposed or forgotten, until <see cref="Release"/>.</summary>
    public void Keep() => handle.Keep();

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    public void Release() => handle.Release();

    /// <summary>Unmaps the memory and closes the descriptor. Other processes keep theirs.</summary>
    public void Dispose()
    {
        Descriptor.Dispose();
        handle.Dispose();
    }
}
