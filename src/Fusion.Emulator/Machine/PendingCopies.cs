using System.Numerics;

namespace Fusion.Emulation.Machine;

/// <summary>Asynchronous copies of a warp. What they copy arrives late: with a seed when it says so, without one as late as the program
/// lets it. Only a wait for the copies, or a barrier that counts them, makes sure of it.</summary>
internal sealed unsafe class PendingCopies(Warp warp)
{
    private const int Unit = 16;

    private readonly List<PendingCopy> copies = [];
    private readonly int[] groups = new int[32];
    private readonly int[] bulkGroups = new int[32];

    public void Add(PendingCopy copy)
    {
        copy.Pc = warp.Pc;
        copy.Group = (copy.IsBulk ? bulkGroups : groups)[copy.Lane];
        copies.Add(copy);
    }

    /// <summary>Closes the lanes' groups.</summary>
    public void Commit(uint mask, bool isBulk)
    {
        for (; mask != 0; mask &= mask - 1) (isBulk ? bulkGroups : groups)[BitOperations.TrailingZeroCount(mask)]++;
    }

    /// <summary>Completes the lanes' copies.</summary>
    /// <param name="mask">The lanes.</param>
    /// <param name="left">Number of each lane's last groups that need not be complete; -1 for all copies, also those of no group.</param>
    /// <param name="isBulk">Whether bulk copies to global memory are waited for, or the others.</param>
    /// <param name="onlyRead">Whether it is enough that the sources have been read.</param>
    public void Wait(uint mask, int left, bool isBulk, bool onlyRead)
    {
        foreach (var copy in copies)
        {
            if ((mask >> copy.Lane & 1) == 0 || copy.IsBulk != isBulk || copy.Kind == CopyKind.BulkToShared) continue;
            if (left >= 0 && copy.Group >= (isBulk ? bulkGroups : groups)[copy.Lane] - left) continue;
            if (onlyRead) At(copy, LetReuse);
            else if (copy.Kind != CopyKind.Arrival) At(copy, Complete);
        }

        copies.RemoveAll(copy => copy.IsComplete);
    }

    /// <summary>Lets some of the copies go on.</summary>
    /// <param name="random">Decides which; null for those that a barrier counts, because somebody may wait for it.</param>
    public void Advance(Random? random)
    {
        for (var i = 0; i < copies.Count; i++)
        {
            var copy = copies[i];
            if (random is not null && random.Next(3) != 0) continue;
            switch (copy.Kind)
            {
                case CopyKind.BulkToShared:
                    At(copy, one => Move(one, random is null ? one.Bytes : Math.Min(one.Bytes, one.Done + (Unit * random.Next(1, 9)))));
                    break;
                case CopyKind.Arrival:
                    Arrive(copy, i);
                    break;
                case CopyKind.ToShared when random is not null:
                    At(copy, one => Move(one, one.Bytes));
                    break;
                case CopyKind.BulkToGlobal when random is not null:
                    At(copy, ReadSource);
                    if (random.Next(2) == 0) At(copy, one => Move(one, one.Bytes));
                    break;
            }
        }

        copies.RemoveAll(copy => copy.IsComplete);
    }

    /// <summary>Completes what is copied from a block whose threads have ended. What is copied to it, nobody sees any more.</summary>
    public void End()
    {
        foreach (var copy in copies)
            if (copy.Kind == CopyKind.BulkToGlobal) At(copy, Complete);
        copies.Clear();
    }

    // An arrival counts the copies of the lane before it.
    private void Arrive(PendingCopy arrival, int index)
    {
        for (var i = 0; i < index; i++)
            if (copies[i].Lane == arrival.Lane && copies[i].Kind == CopyKind.ToShared && !copies[i].IsComplete) At(copies[i], Complete);
        At(arrival, one => Ops.BarrierOp.Arrive(warp, one.Barrier, 1, one.Lane));
        arrival.IsComplete = true;
    }

    private void Complete(PendingCopy copy)
    {
        if (copy.IsComplete) return;
        Move(copy, copy.Bytes);
        if (copy.Kind == CopyKind.ToShared) copy.Block!.Checks?.EndWrite(copy.Offset, copy.Bytes, warp, copy.Lane);
        else LetReuse(copy);
        copy.IsComplete = true;
    }

    // Behind a wait, the source may be written again.
    private void LetReuse(PendingCopy copy)
    {
        if (copy.IsReusable) return;
        ReadSource(copy);
        copy.Block!.Checks?.EndRead(copy.Offset, copy.Bytes);
        copy.IsReusable = true;
    }

    private void ReadSource(PendingCopy copy)
    {
        if (copy.Data is not null) return;
        copy.Data = new byte[copy.Bytes];
        new ReadOnlySpan<byte>(copy.Block!.Shared + copy.Offset, copy.Bytes).CopyTo(copy.Data);
    }

    private void Move(PendingCopy copy, int end)
    {
        if (copy.Done >= end) return;
        switch (copy.Kind)
        {
            case CopyKind.ToShared:
                MoveToShared(copy);
                break;
            case CopyKind.BulkToShared:
                MoveBulk(copy, end);
                break;
            case CopyKind.BulkToGlobal:
                ReadSource(copy);
                for (var at = 0; at < copy.Bytes; at += Unit)
                {
                    copy.Data.AsSpan(at, Unit).CopyTo(new(warp.Global(copy.Address + (ulong)at, Unit, copy.Lane, Access.Write), Unit));
                    warp.ConfirmRace();
                }

                break;
        }

        copy.Done = end;
    }

    private void MoveToShared(PendingCopy copy)
    {
        var to = new Span<byte>(copy.Block!.Shared + copy.Offset, copy.Bytes);
        if (copy.SourceBytes == copy.Bytes)
        {
            new ReadOnlySpan<byte>(warp.Global(copy.Address, copy.Bytes, copy.Lane, Access.Read), copy.Bytes).CopyTo(to);
            return;
        }

        to.Clear();
        for (var i = 0; i < copy.SourceBytes; i++) to[i] = *warp.Global(copy.Address + (ulong)i, 1, copy.Lane, Access.Read);
    }

    private void MoveBulk(PendingCopy copy, int end)
    {
        var block = copy.Block!;
        if (block.Live == 0) throw new KernelFaultException(
            FaultKind.UseAfterFree, "a copy arrives in the shared memory of a block that has ended", copy.Lane, (ulong)copy.Offset);
        for (var at = copy.Done; at < end; at += Unit)
        {
            var place = copy.PlaceOf(at);
            if (copy.Box is { } box)
            {
                box.Read(warp, copy.Lane, at, block.Shared + place);
            }
            else
            {
                var from = copy.IsFromShared
                    ? warp.SharedMemory(copy.Address + (ulong)at, Unit, copy.Lane, Access.Read) : warp.Global(copy.Address + (ulong)at, Unit, copy.Lane, Access.Read);
                *(UInt128*)(block.Shared + place) = *(UInt128*)from;
            }

            block.Checks?.EndWrite(place, Unit, warp, copy.Lane);
        }

        Ops.BarrierOp.Come(warp, copy.Barrier, (uint)(end - copy.Done));
        copy.IsComplete = end == copy.Bytes;
    }

    // What goes wrong is a mistake of the copy, whatever the warp does now.
    private void At(PendingCopy copy, Action<PendingCopy> action)
    {
        var pc = warp.Pc;
        warp.Pc = copy.Pc;
        action(copy);
        warp.Pc = pc;
    }
}

internal enum CopyKind
{
    /// <summary><c>cp.async</c>, of up to 16 bytes from global to shared memory.</summary>
    ToShared,

    /// <summary><c>cp.async.bulk</c> to shared memory, also by a tensor map, which a barrier counts.</summary>
    BulkToShared,

    /// <summary><c>cp.async.bulk</c> from shared to global memory.</summary>
    BulkToGlobal,

    /// <summary><c>cp.async.mbarrier.arrive</c>: arrives at a barrier when the lane's copies before it are complete.</summary>
    Arrival,
}

/// <summary>An asynchronous copy of a lane.</summary>
internal sealed unsafe class PendingCopy(CopyKind kind, int lane)
{
    public CopyKind Kind { get; } = kind;

    public int Lane { get; } = lane;

    public bool IsBulk => Kind is CopyKind.BulkToShared or CopyKind.BulkToGlobal;

    /// <summary>Block whose shared memory is copied to; from which it is copied, if it goes to global memory.</summary>
    public Block? Block { get; init; }

    /// <summary>Offset in that block's shared memory.</summary>
    public int Offset { get; init; }

    /// <summary>Address of the other side.</summary>
    public ulong Address { get; init; }

    /// <summary>What is copied by a tensor map, in place of the bytes at the address; null for other copies.</summary>
    public TensorBox? Box { get; init; }

    /// <summary>Whether the other side is shared memory too.</summary>
    public bool IsFromShared { get; init; }

    public int Bytes { get; init; }

    /// <summary>Bytes of the source, behind which zeros are copied.</summary>
    public int SourceBytes { get; init; }

    /// <summary>Barrier that counts the bytes, or the arrival.</summary>
    public ulong* Barrier { get; init; }

    /// <summary>Program counter behind the copy's instruction.</summary>
    public int Pc { get; set; }

    public int Group { get; set; }

    /// <summary>Bytes that have arrived.</summary>
    public int Done { get; set; }

    /// <summary>What was read of the source, for a copy to global memory.</summary>
    public byte[]? Data { get; set; }

    /// <summary>Whether the thread has waited for the source to be read.</summary>
    public bool IsReusable { get; set; }

    /// <summary>Whether it has ended and somebody has waited for it.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Gets the offset in shared memory of the bytes that a place in the copy has.</summary>
    public int PlaceOf(int at) => Box is null ? Offset + at : Box.PlaceOf(Offset + at);
}
