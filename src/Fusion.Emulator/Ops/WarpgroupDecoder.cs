using System.Globalization;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes products of matrices that the four warps of a warpgroup compute, <c>wgmma</c>.</summary>
internal static class WarpgroupDecoder
{
    private const int WordsOfA = 4;
    private const string Chip = "sm_90a";

    public static Instruction? TryDecode(Operands o) => o.Ptx.Modifiers switch
    {
        _ when o.Target != Chip => throw o.CannotRun($"it needs PTX for {Chip} alone, and this is for {o.Target}"),
        ["fence", "sync", "aligned"] => new MeetWarp(),
        ["commit_group", "sync", "aligned"] => new CommitProducts(),
        ["wait_group", "sync", "aligned"] when o.Constant(0) >= 0 => new WaitForProducts((int)o.Constant(0)),
        ["mma_async", "sync", "aligned", var shape, "f32", _, _] => Product(o, shape),
        _ => null,
    };

    private static Instruction? Product(Operands o, string shape)
    {
        var (a, b) = (o.Ptx.TypeAt(1), o.Ptx.TypeAt(0));
        var k = (a, b) switch
        {
            (F16, F16) or (BF16, BF16) => 16,
            (E4M3 or E5M2, E4M3 or E5M2) => 32,
            _ => 0,
        };
        if (k == 0) return null;
        var columns = ColumnsOf(shape, k);
        if (columns is < 8 or > 256 || columns % 8 != 0) throw o.CannotRun($"it has no shape '{shape}'");
        var d = SlotsOf(o, 0, columns / 2, isResult: true);
        var isInRegisters = o[1].Kind == OperandKind.Vector;
        var transposes = k == 32 ? 0 : isInRegisters ? 1 : 2;
        if (o.Count != 6 + transposes) throw o.CannotRun($"it has {o.Count} operands, and {6 + transposes} were expected");
        for (var i = 6; i < o.Count; i++)
            if (o.Constant(i) != 0) throw o.CannotRun("it transposes a matrix");
        var (signOfA, signOfB) = (o.Constant(4), o.Constant(5));
        if (signOfA is not (1 or -1) || signOfB is not (1 or -1)) throw o.CannotRun("its scales must be 1 or -1");
        return new MultiplyByWarpgroup(d, columns, a, b)
        {
            WordsOfA = isInRegisters ? SlotsOf(o, 1, WordsOfA, isResult: false) : null,
            DescriptorOfA = isInRegisters ? -1 : o.From(1, B64),
            DescriptorOfB = o.From(2, B64),
            Adds = o.From(3, Pred),
            AddsIsNegated = o[3].IsNegated,
            Sign = signOfA * signOfB,
        };
    }

    private static int[] SlotsOf(Operands o, int index, int count, bool isResult)
    {
        var parts = o[index].Parts ?? [];
        if (parts.Length != count) throw o.CannotRun($"operand {index + 1} has {parts.Length} registers, and {count} were expected");
        return [.. parts.Select(part => isResult ? o.To(part) : o.From(part, B32))];
    }

    // The N of m64nNkK; 0 for another word.
    private static int ColumnsOf(string shape, int k)
    {
        var (start, end) = ("m64n", $"k{k}");
        return shape.StartsWith(start, StringComparison.Ordinal) && shape.EndsWith(end, StringComparison.Ordinal) &&
            int.TryParse(shape.AsSpan(start.Length, Math.Max(0, shape.Length - start.Length - end.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var columns) ? columns : 0;
    }
}
