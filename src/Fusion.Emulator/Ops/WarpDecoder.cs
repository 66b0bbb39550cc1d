using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes what lanes do together: exchanges, votes, barriers and waits.</summary>
internal static class WarpDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var ptx = o.Ptx;
        switch (ptx.Opcode)
        {
            case "shfl" when ptx.Has("sync"):
                return new Shuffle(
                    ptx.Modifiers[1], o.To(0), o[0].Parts is [var found] ? o.To(found) : -1, o.From(1, B32), o.From(2, B32), o.From(3, B32), o.From(4, B32));
            case "vote" when ptx.Has("sync"):
                return new Vote(ptx.Modifiers[1], o.To(0), o.From(1, Pred), o[1].IsNegated, o.From(2, B32));
            case "match" when ptx.Has("sync"):
                return new Match(
                    ptx.Has("all"), o.To(0), o[0].Parts is [var all] ? o.To(all) : -1, o.From(1, ptx.Type), ptx.Type.Bytes() == 8, o.From(2, B32));
            case "redux" when ptx.Type is U32 or S32 or B32:
                return new Reduce(ptx.Modifiers[1], ptx.Type == S32, o.To(0), o.From(1, B32), o.From(2, B32));
            case "activemask":
                return new ActiveMask(o.To(0));
            case "elect":
                return new Elect(o.To(0), o[0].Parts is [var leader] ? o.To(leader) : -1, o.From(1, B32));
            case "bar" when ptx.Modifiers is ["warp", "sync"]:
                return new WarpBarrier(o.From(0, B32));
            case "bar" or "barrier" when ptx.Modifiers is ["cluster", ..]:
                return new ClusterBarrier(ptx.Has("wait"));
            case "bar" or "barrier":
                return BlockBarrierOf(o);
            case "nanosleep":
                return new Pause();
            case "griddepcontrol":
                return ptx.Has("wait") ? new WaitForPrevious() : new LaunchDependents();
            case "trap" or "brkpt":
                return new TrapThread();
            case "wmma" or "mma" or "ldmatrix" or "stmatrix" or "movmatrix":
                return MatrixDecoder.TryDecode(o);
            case "wgmma":
                return WarpgroupDecoder.TryDecode(o);
            default:
                return null;
        }
    }

    private static BlockBarrier? BlockBarrierOf(Operands o)
    {
        var words = o.Ptx.Modifiers.Where(word => word is not ("cta" or "aligned")).ToArray();
        return words switch
        {
            ["sync"] => new BlockBarrier(o.From(0, U32), o.Count > 1 ? o.From(1, U32) : -1, waits: true),
            ["arrive"] => new BlockBarrier(o.From(0, U32), o.From(1, U32), waits: false),
            ["red", var operation, var type] => new BlockBarrier(
                o.From(1, U32), o.Count > 3 ? o.From(2, U32) : -1, waits: true, operation, o.To(0), o.From(o.Count - 1, Pred), o[o.Count - 1].IsNegated, type == "pred"),
            _ => null,
        };
    }
}
