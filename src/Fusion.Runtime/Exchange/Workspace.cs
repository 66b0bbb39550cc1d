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
    private readonly MappedMemory<WaitStatus> status;

    /// <param name="context">Context of the rank's GPU.</param>
    /// <param name="bytes">Size in bytes, with the control block.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public Workspace(GpuContext context, long bytes)
    {
        this.context = context;
        memory = DeviceMemory.Allocate(context, (nuint)bytes);
        try
        {
            status = new MappedMemory<WaitStatus>(context);
            Reset();
            // If the operation is forgotten, the memory stays until the kernels of all ranks have ended.
            memory.Keep();
            status.Keep();
            FusionMetrics.WorkspaceMade(bytes);
        }
        catch
        {
            status?.Dispose();
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Address of the workspace, valid on every GPU that has peer access.</summary>
    public ulong Address => memory.Address;

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

    /// <summary>Asks the rank's waiting kernels to give up.</summary>
    public void Poison() => Volatile.Write(ref Status.Poison, 1);

    /// <summary>Frees the memory. No kernel of any rank may run.</summary>
    public void Dispose()
    {
        memory.Dispose();
        status.Dispose();
        memory.Release();
        status.Release();
        FusionMetrics.WorkspaceFreed((long)memory.Bytes);
    }
}
