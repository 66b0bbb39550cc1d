using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Counts a rank's calls of NCCL that CUDA graphs replay: nobody tells the host of a replay, so a small kernel before each recorded call and one
/// behind it count in memory that the host reads. A call is in flight while the counts differ.</summary>
/// <remarks>All memory is made before anything is recorded, since a stream that is being recorded does not allow that.</remarks>
internal sealed class NcclReplays : IDisposable
{
    private static readonly LaunchShape OneThread = new(1, 1);

    private readonly Kernel kernel;
    private readonly MappedMemory<Counts> forHost;
    private readonly DeviceMemory counts;
    private readonly TimeSpan timeout;
    private (uint Number, Deadline End) seen;

    /// <param name="rank">The rank.</param>
    /// <param name="timeout">Time of a call.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public NcclReplays(Rank rank, TimeSpan timeout)
    {
        this.timeout = timeout;
        kernel = rank.Gpu!.BuiltInKernels("count_replay").GetKernel("count_replay");
        forHost = new(rank.Context!);
        try
        {
            var bytes = (nuint)Marshal.SizeOf<Counts>();
            counts = DeviceMemory.Allocate(rank.Context!, bytes);
            using var stream = new GpuStream(rank.Context!);
            GpuDriver.Check(GpuDriver.Library.Memory.Fill(counts.Address, 0, bytes, stream.Handle), "cuMemsetD8Async");
            stream.Synchronize();
        }
        catch
        {
            counts?.Dispose();
            forHost.Dispose();
            throw;
        }

        // If the operation is forgotten, the memory stays until what was launched has ended.
        forHost.Keep();
        counts.Keep();
    }

    /// <summary>Number of the replayed call to which the GPU has come and that is not done, from 1 on; 0 for none.</summary>
    public uint Running
    {
        get
        {
            ref var found = ref forHost.Value;
            // In this order: whatever ends and begins meanwhile, what is begun is not less.
            var ended = Volatile.Read(ref found.Ended);
            var begun = Volatile.Read(ref found.Begun);
            return begun == ended ? 0 : begun;
        }
    }

    /// <summary>Looks at the counts, from one thread at a time.</summary>
    /// <param name="overdue">Number of the call in flight if it is so for longer than its time, from the first look at it; otherwise 0.</param>
    /// <returns>Whether a call is in flight.</returns>
    public bool Look(out uint overdue)
    {
        var number = Running;
        if (number != seen.Number) seen = (number, Deadline.After(timeout));
        overdue = number > 0 && seen.End.IsOver ? number : 0;
        return number > 0;
    }

    /// <summary>Records that a call begins. Allocates nothing.</summary>
    /// <param name="stream">Stream that is being recorded.</param>
    public void Begin(GpuStream stream) => Count(stream, 0);

    /// <summary>Records that a call has ended. Allocates nothing.</summary>
    /// <param name="stream">Stream that is being recorded.</param>
    public void End(GpuStream stream) => Count(stream, sizeof(uint));

    /// <summary>Frees the memory. No graph with a recorded call may be replayed any more.</summary>
    public void Dispose()
    {
        counts.Dispose();
        counts.Release();
        forHost.Dispose();
        forHost.Release();
    }

    private void Count(GpuStream stream, ulong place) =>
        kernel.Launch(stream, OneThread, new DevicePointer<uint>(counts.Address + place), new DevicePointer<uint>(forHost.DeviceAddress + place));

    [StructLayout(LayoutKind.Sequential)]
    private struct Counts
    {
        public uint Begun;
        public uint Ended;
    }
}
