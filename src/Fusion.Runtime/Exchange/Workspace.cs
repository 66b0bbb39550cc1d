using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Memory of a rank into which its peers write, and the status in which its kernels report that they gave
/// up.</summary>
internal sealed class Workspace : IDisposable
{
    // Marks a slot that no rank has written yet.
    private const byte Empty = KernelLimits.UnwrittenByte;

    private readonly GpuContext context;
    private readonly DeviceMemory memory;
    private readonly SharedDeviceMemory? shared;
    private readonly MappedMemory<WaitStatus> status;

    /// <param name="context">Context of the rank's GPU.</param>
    /// <param name="bytes">Size in bytes, with the control block.</param>
    /// <param name="sharing">Way in which other processes map it. If they do, the size is rounded up, so that nothing else lies in what they
    /// can write to.</param>
    /// <exception cref="GpuException">There is not enough memory, or the driver cannot share it in this way.</exception>
    public Workspace(GpuContext context, long bytes, MemorySharing sharing = MemorySharing.None)
    {
        (this.context, Sharing) = (context, sharing);
        shared = sharing == MemorySharing.None ? null : SharedDeviceMemory.Allocate(context, (nuint)bytes, sharing);
        memory = shared?.Memory ?? DeviceMemory.Allocate(context, (nuint)bytes);
        try
        {
            status = new MappedMemory<WaitStatus>(context);
            Reset();
            // If the operation is forgotten, the memory stays until the kernels of all ranks have ended.
            memory.Keep();
            status.Keep();
            FusionMetrics.WorkspaceMade((long)memory.Bytes);
        }
        catch
        {
            status?.Dispose();
            FreeMemory();
            throw;
        }
    }

    /// <summary>Address of the workspace, valid on every GPU that has peer access.</summary>
    public ulong Address => memory.Address;

    /// <summary>Way in which other processes map it.</summary>
    public MemorySharing Sharing { get; }

    /// <summary>The workspace for other processes; null if it is not made for them.</summary>
    public SharedDeviceMemory? Shared => shared;

    /// <summary>Address of the status as the rank's own GPU sees it.</summary>
    public ulong StatusAddress => status.DeviceAddress;

    /// <summary>Status in host memory; kernels write to it while they run.</summary>
    public ref WaitStatus Status => ref status.Value;

    /// <summary>Marks all slots as unwritten and clears the status. No kernel of any rank may run.</summary>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        // A stream of its own, so that other work on the GPU need not end first.
        using var stream = new GpuStream(context);
        var functions = GpuDriver.Library.Memory;
        var rest = memory.Bytes - KernelLimits.ControlBytes;
        GpuDriver.Check(functions.Fill(Address, 0, KernelLimits.ControlBytes, stream.Handle), "cuMemsetD8Async");
        GpuDriver.Check(functions.Fill(Address + KernelLimits.ControlBytes, Empty, rest, stream.Handle), "cuMemsetD8Async");
        Status = default;
        stream.Synchronize();
    }

    /// <summary>Whether the rank's waiting kernels were asked to give up.</summary>
    public bool MustGiveUp => Volatile.Read(ref Status.Poison) != 0;

    /// <summary>Asks the rank's waiting kernels to give up.</summary>
    public void Poison() => Volatile.Write(ref Status.Poison, 1);

    /// <summary>Frees the memory. No kernel of any rank may run.</summary>
    public void Dispose()
    {
        FreeMemory();
        status.Dispose();
        memory.Release();
        status.Release();
        FusionMetrics.WorkspaceFreed((long)memory.Bytes);
    }

    private void FreeMemory()
    {
        if (shared is null) memory.Dispose();
        else shared.Dispose();
    }
}
