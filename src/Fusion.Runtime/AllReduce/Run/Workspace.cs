using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The memory of a rank through which its peers send to it, and where its kernels say that they gave up.</summary>
internal sealed class Workspace : IDisposable
{
    // The kernels' mark of a place that nobody has written yet.
    private const byte Empty = KernelLimits.UnwrittenByte;

    private readonly GpuContext context;
    private readonly DeviceBuffer<byte> memory;
    private readonly MappedMemory<WaitStatus> status;

    /// <exception cref="GpuException">There is not enough memory.</exception>
    public Workspace(GpuContext context, in WorkspaceLayout layout)
    {
        this.context = context;
        memory = new DeviceBuffer<byte>(context, layout.Bytes);
        try
        {
            status = new MappedMemory<WaitStatus>(context);
            Reset();
        }
        catch
        {
            status?.Dispose();
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Where it is, for every GPU that has peer access.</summary>
    public ulong Address => memory.Pointer.Address;

    /// <summary>Where the rank's own GPU sees the status.</summary>
    public ulong StatusAddress => status.DeviceAddress;

    /// <summary>The status; kernels write to it while they run.</summary>
    public ref WaitStatus Status => ref status.Value;

    /// <summary>Makes it as new. No kernel of any rank may run.</summary>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public void Reset()
    {
        // In a stream of its own: what others do on the GPU need not end for it.
        using var stream = new GpuStream(context);
        var functions = GpuDriver.Library.Memory;
        var rest = (nuint)(memory.Length - WorkspaceLayout.ControlBytes);
        GpuDriver.Check(functions.Fill(Address, 0, WorkspaceLayout.ControlBytes, stream.Handle), "cuMemsetD8Async");
        GpuDriver.Check(functions.Fill(Address + WorkspaceLayout.ControlBytes, Empty, rest, stream.Handle), "cuMemsetD8Async");
        Status = default;
        stream.Synchronize();
    }

    /// <summary>Lets the rank's kernels that wait give up soon.</summary>
    public void Poison() => Volatile.Write(ref Status.Poison, 1);

    /// <summary>Frees it. No kernel of any rank may run.</summary>
    public void Dispose()
    {
        memory.Dispose();
        status.Dispose();
    }
}
