using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime;

/// <summary>Memory of a GPU that other processes of the machine can map (<see cref="ImportedDeviceMemory"/>).</summary>
/// <remarks>The driver puts allocations of <c>cuMemAlloc</c> that are smaller than 2 MiB into one block, and an IPC handle opens the
/// whole block: peers could write to memory that has nothing to do with them. So the size is a multiple of 2 MiB here, and the block is the
/// allocation's own.</remarks>
internal sealed class SharedDeviceMemory : IDisposable
{
    private const nuint Unit = 2 << 20;

    private readonly PhysicalDeviceMemory? physical;

    private SharedDeviceMemory(MemorySharing sharing, DeviceMemory memory, PhysicalDeviceMemory? physical) =>
        (Sharing, Memory, this.physical) = (sharing, memory, physical);

    /// <summary>Way in which the memory can be mapped.</summary>
    public MemorySharing Sharing { get; }

    /// <summary>The memory, at least as large as was asked for. Disposing it is disposing this.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>Allocates memory.</summary>
    /// <param name="context">Context of the GPU.</param>
    /// <param name="bytes">Size in bytes, more than 0, which is rounded up to 2 MiB.</param>
    /// <param name="sharing">Way in which it can be mapped, one that <see cref="SharingSupport.FindObstacle"/> has nothing against.</param>
    /// <exception cref="GpuException">There is not enough memory, or the driver cannot share it in this way.</exception>
    public static SharedDeviceMemory Allocate(GpuContext context, nuint bytes, MemorySharing sharing)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes);
        if (sharing == MemorySharing.Ipc) return new(sharing, DeviceMemory.Allocate(context, RoundUp(bytes, Unit)), null);
        if (sharing != MemorySharing.Descriptor) throw new ArgumentOutOfRangeException(nameof(sharing), sharing, "Memory that is shared has a way to share it.");
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.VirtualMemory.GetGranularity(context.Device.Handle, out var unit), "cuMemGetAllocationGranularity");
        var physical = PhysicalDeviceMemory.Create(context, RoundUp(bytes, Math.Max(unit, Unit)));
        try
        {
            return new(sharing, physical.Map(), physical);
        }
        catch
        {
            physical.Dispose();
            throw;
        }
    }

    /// <summary>Gets what another process needs to map the memory; for a descriptor also <see cref="ExportDescriptor"/>.</summary>
    /// <exception cref="GpuException">The driver refuses.</exception>
    /// <exception cref="ObjectDisposedException">The memory is disposed.</exception>
    public MemoryExport Export()
    {
        var (context, address) = (Memory.Context!, Memory.Address);
        context.MakeCurrent();
        // The identity tells a reader more than the error of a driver that does not know it.
        _ = GpuDriver.Library.Device.GetUuid(context.Device.Handle, out var gpu);
        if (Sharing == MemorySharing.Descriptor) return new(Sharing, (long)Memory.Bytes, gpu, default, 0);
        GpuDriver.Check(GpuDriver.Library.Address.GetAllocation(address, out _, out var start, out _), "cuPointerGetAttributes");
        if (start == 0) start = address;
        GpuDriver.Check(GpuDriver.Library.Ipc.GetHandle(start, out var handle), "cuIpcGetMemHandle");
        return new(Sharing, (long)Memory.Bytes, gpu, handle.ToArray(), (long)(address - start));
    }

    /// <summary>Makes a file descriptor of the memory, which keeps it allocated as long as any process has it.</summary>
    /// <returns>The descriptor, which the caller closes.</returns>
    /// <exception cref="InvalidOperationException">The memory is shared in another way.</exception>
    /// <exception cref="GpuException">The driver refuses, or the process has too many open files.</exception>
    public SafeFileHandle ExportDescriptor()
    {
        if (physical is null) throw new InvalidOperationException($"The memory is shared by {Sharing}: there is no descriptor of it.");
        _ = Memory.Address; // throws if it is disposed
        return physical.Export();
    }

    /// <summary>Frees the memory, after kernels and copies of the context that run. No other process may use it any more if it is
    /// shared by IPC; by a descriptor, it stays until the last process has unmapped it. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        Memory.Dispose();
        physical?.Dispose();
    }

    private static nuint RoundUp(nuint bytes, nuint unit) => checked(bytes + unit - 1) / unit * unit;
}
