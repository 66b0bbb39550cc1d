using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A rank's plain all-reduce in two levels: the ranks of a machine sum through memory, and each gets a part of the sum; NCCL sums each part
/// with those of the same place on the other machines; then the ranks of the machine bring their parts together. Each element is summed by one of
/// NCCL's communicators alone, so that all ranks have the same bits.</summary>
internal sealed class TwoLevelSum : IDisposable
{
    // Goes with each part: kernels/cu/fusion/collectives/failure_word.cuh.
    private const int FailureBytes = 16;

    private readonly Rank rank;
    private readonly TwoLevelKernels kernels;
    private readonly BlockShare share;
    private readonly DeviceMemory memory;
    private readonly int octetBytes;
    private readonly ElementType type;

    // Where a call is summed whose octets are not as many for each rank; 0 where there are no such calls.
    private readonly ulong padded;
    private CollectiveParameters constants;

    /// <param name="rank">The rank.</param>
    /// <param name="near">Ranks of its machine.</param>
    /// <param name="layout">Layout of the workspaces.</param>
    /// <param name="timeout">Longest time of a wait for ranks of the machine, in nanoseconds.</param>
    /// <param name="kernels">Kernels of the rank.</param>
    /// <param name="share">Share of the rank's GPU.</param>
    /// <param name="status">Address of the rank's <see cref="WaitStatus"/>.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public TwoLevelSum(Rank rank, NearRanks near, in WorkspaceLayout layout, ulong timeout, TwoLevelKernels kernels, BlockShare share, ulong status)
    {
        (this.rank, this.kernels, this.share, type) = (rank, kernels, share, layout.DataType);
        octetBytes = (int)DeviceTensor.ByteCount(type, KernelLimits.RowVector);
        var rowOctets = layout.HiddenSize / KernelLimits.RowVector;
        constants = new()
        {
            Status = status,
            TimeoutNanoseconds = timeout,
            SlotBytes = (ulong)layout.NearSlotBytes,
            BufferBytes = (ulong)layout.NearBufferBytes,
            RowOctets = rowOctets,
            Rank = near.Place,
            Ranks = near.Ranks.Length,
            Choices = OneOf(type),
        };
        var partBytes = RoundUp((layout.NearOctets * octetBytes) + FailureBytes);
        var paddedBytes = rowOctets % constants.Ranks == 0 ? 0 : layout.NearOctets * constants.Ranks * octetBytes;
        memory = DeviceMemory.Allocate(rank.Context!, checked((nuint)(partBytes + paddedBytes)));
        try
        {
            padded = paddedBytes == 0 ? 0 : memory.Address + (ulong)partBytes;
            // The padding is summed too.
            using var stream = new GpuStream(rank.Context!);
            GpuDriver.Check(GpuDriver.Library.Memory.Fill(memory.Address, 0, memory.Bytes, stream.Handle), "cuMemsetD8Async");
            stream.Synchronize();
            memory.Keep();
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Sets the workspaces of the machine's ranks.</summary>
    /// <param name="workspaces">Their addresses.</param>
    public void Connect(in Workspaces workspaces) => constants.Workspaces = workspaces;

    /// <summary>Launches the sum into a stream. Allocates nothing.</summary>
    /// <param name="into">The stream.</param>
    /// <param name="input">Tensor that is summed.</param>
    /// <param name="sum">Tensor that receives the sum; it may be the input.</param>
    /// <param name="watch">What launches NCCL's sum.</param>
    /// <param name="number">Number of the call, as <see cref="NcclWatch.TryLaunch"/> wants it.</param>
    /// <returns>Whether it was launched. If not, NCCL waited for other ranks in vain, which was reported.</returns>
    /// <exception cref="NcclException">NCCL refuses, or was aborted.</exception>
    public bool TryLaunch(GpuStream into, in DeviceTensor input, in DeviceTensor sum, NcclWatch watch, long number)
    {
        var part = memory.Address;
        var octets = input.Rows * constants.RowOctets;
        var units = (octets + constants.Ranks - 1) / constants.Ranks;
        var isPadded = units * constants.Ranks > octets;
        if (isPadded) Copy(padded, input.Address, octets, into);
        var most = share.Enter(rank.Index, into.Handle);

        var parameters = constants;
        parameters.PartOctets = units;
        (parameters.Input, parameters.Output, parameters.Step) = (isPadded ? padded : input.Address, part, WaitStatus.InputStep);
        Launch(kernels.ReduceScatter, ref parameters);

        var word = part + (ulong)(units * octetBytes);
        (parameters.Input, parameters.Output) = (word, word);
        kernels.WriteFailure.Launch(into, parameters, 1);
        var elements = (units * KernelLimits.RowVector) + (FailureBytes * KernelLimits.RowVector / octetBytes);
        var own = new DeviceTensor(part, type, 1, elements);
        if (!watch.TryLaunch(into, NcclCall.AllReduce(own, own), number)) return false;
        kernels.ReadFailure.Launch(into, parameters, 1);

        // A part is not there before NCCL's sum of it: another rank than its own may be the cause.
        (parameters.Input, parameters.Output, parameters.Step) = (part, isPadded ? padded : sum.Address, WaitStatus.GatherStep);
        Launch(kernels.AllGather, ref parameters);
        if (isPadded) Copy(sum.Address, padded, octets, into);
        return true;

        void Launch(in CollectiveKernel kernel, ref CollectiveParameters of) =>
            kernel.LaunchPieces(into, ref of, units, octetBytes, kernel.Threads, 0, share.Cap(kernel.Cap, kernel.OnMultiprocessor, most));
    }

    /// <summary>Frees the memory, which no kernel uses any more.</summary>
    public void Dispose()
    {
        memory.Dispose();
        memory.Release();
    }

    private void Copy(ulong to, ulong from, long octets, GpuStream into) =>
        GpuDriver.Check(GpuDriver.Library.Memory.Copy(to, from, (nuint)(octets * octetBytes), into.Handle), "cuMemcpyAsync");

    /// <summary>Gets a one of a type as write_failure_word wants it.</summary>
    /// <param name="type">Type of the sum.</param>
    internal static int OneOf(ElementType type) => type switch
    {
        ElementType.Float32 => 0x3F800000,
        ElementType.Float16 => 0x3C003C00,
        _ => 0x3F803F80,
    };

    private static long RoundUp(long bytes) => (bytes + WorkspaceLayout.Alignment - 1) / WorkspaceLayout.Alignment * WorkspaceLayout.Alignment;
}
