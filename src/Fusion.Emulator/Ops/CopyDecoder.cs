using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes asynchronous copies and the barriers in shared memory that count them.</summary>
internal static class CopyDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var ptx = o.Ptx;
        if (ptx.Modifiers is not ["async", ..] || ptx.Has("reduce")) return null;
        if (ptx.Has("tensor")) return TensorCopy.TryDecode(o);
        if (ptx.Has("commit_group")) return new CommitCopies(ptx.Has("bulk"));
        if (ptx.Has("wait_all")) return new WaitForCopies(-1, isBulk: false, onlyRead: false);
        if (ptx.Has("wait_group")) return new WaitForCopies((int)o.Constant(0), ptx.Has("bulk"), ptx.Has("read"));
        if (ptx.Has("bulk")) return Bulk(o);
        if (ptx.Has("mbarrier")) return new ArriveAfterCopies(Place(o, 0), addsPending: !ptx.Has("noinc"));
        // A predicate as last operand is another form of a source of no bytes.
        if (ptx.Modifiers is not ["async", "ca" or "cg", ..] || o.Count < 3 || (o.Count > 3 && o.TypeOf(o[3]) == Pred)) return null;
        var bytes = (int)o.Constant(2);
        if (bytes is not (4 or 8 or 16) || (ptx.Has("cg") && bytes != 16)) throw o.CannotRun($"it cannot copy {bytes} bytes");
        return new CopyToShared(
            MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), bytes, o.Count > 3 && !ptx.Has("L2::cache_hint") ? o.From(3, U32) : -1);
    }

    public static Instruction? Barrier(Operands o)
    {
        var ptx = o.Ptx;
        var action = ptx.Modifiers[0];
        var hasState = action is "arrive" or "arrive_drop" or "test_wait" or "try_wait" or "pending_count" && o[0].Kind != OperandKind.Address;
        var to = hasState ? o.To(0) : -1;
        var at = hasState ? 1 : 0;
        var one = o.Immediate(1, 4);
        return action switch
        {
            "init" => new BarrierOp(BarrierAction.Init, -1, Place(o, 0), o.From(1, U32), -1),
            "inval" => new BarrierOp(BarrierAction.Inval, -1, Place(o, 0), one, -1),
            "expect_tx" => new BarrierOp(BarrierAction.Expect, -1, Place(o, 0), one, o.From(1, U32)),
            "complete_tx" => new BarrierOp(BarrierAction.Complete, -1, Place(o, 0), one, o.From(1, U32)),
            "arrive" when ptx.Has("expect_tx") => new BarrierOp(BarrierAction.Arrive, to, Place(o, at), one, o.From(at + 1, U32)),
            "arrive" => new BarrierOp(BarrierAction.Arrive, to, Place(o, at), o.Count > at + 1 ? o.From(at + 1, U32) : one, -1),
            "arrive_drop" when !ptx.Has("expect_tx") => new BarrierOp(
                BarrierAction.Drop, to, Place(o, at), o.Count > at + 1 ? o.From(at + 1, U32) : one, -1),
            "test_wait" or "try_wait" => new BarrierOp(
                ptx.Has("parity") ? BarrierAction.WaitParity : BarrierAction.WaitState, to, Place(o, 1), o.From(2, ptx.Has("parity") ? U32 : B64), -1),
            _ => null,
        };
    }

    private static Instruction? Bulk(Operands o)
    {
        var ptx = o.Ptx;
        if (ptx.Modifiers is ["async", "bulk", "global", "shared::cta", "bulk_group", ..])
            return new BulkCopy(CopyKind.BulkToGlobal, MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), o.From(2, U32), null);
        return ptx.Modifiers is ["async", "bulk", "shared::cluster" or "shared::cta", "global" or "shared::cta", "mbarrier::complete_tx::bytes"] or
            ["async", "bulk", "shared::cluster" or "shared::cta", "global", "mbarrier::complete_tx::bytes", "L2::cache_hint"]
            ? new BulkCopy(CopyKind.BulkToShared, MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, 1), o.From(2, U32), Place(o, 3)) { IsFromShared = ptx.Modifiers[3] != "global" } : null;
    }

    /// <summary>Gets an operand that is the place of a barrier.</summary>
    public static BarrierPlace Place(Operands o, int index) => new(
        MemoryDecoder.AddressOf(o, index), !o.Ptx.Modifiers.Any(word => word.StartsWith("shared", StringComparison.Ordinal)) && !o.Ptx.Has("bulk"));
}
