using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes products of small matrices that a warp holds together, and their loads.</summary>
internal static class MatrixDecoder
{
    public static Instruction? TryDecode(Operands o)
    {
        var ptx = o.Ptx;
        if (ptx.Opcode is "ldmatrix" or "stmatrix")
        {
            if (!ptx.Has("m8n8") || !ptx.Has("b16")) return null;
            var isLoad = ptx.Opcode == "ldmatrix";
            var parts = (isLoad ? o[0] : o[1]) is { Kind: OperandKind.Vector, Parts: { } many } ? many : [isLoad ? o[0] : o[1]];
            var slots = isLoad ? parts.Select(o.To).ToArray() : [.. parts.Select(part => o.From(part, B32))];
            return new MoveMatrix(isLoad, slots, MemoryDecoder.AddressOf(o, isLoad ? 1 : 0), ptx.Has("trans"), !ptx.Modifiers.Any(word => word.StartsWith("shared", StringComparison.Ordinal)));
        }

        if (ptx.Opcode == "wmma") return WarpMatrix(o);
        if (ptx.Opcode != "mma" || !ptx.Modifiers.Contains("row") || !ptx.Modifiers.Contains("col") || ptx.Modifiers.Any(word => word is "sp" or "sp::ordered_metadata" or "xor" or "and" or "satfinite" or "block_scale")) return null;
        var (d, a, b, c) = (ptx.TypeAt(3), ptx.TypeAt(2), ptx.TypeAt(1), ptx.TypeAt(0));
        var shape = ptx.Modifiers.FirstOrDefault(word => word.StartsWith('m') && word.Length > 4);
        var k = (shape, a, b) switch
        {
            ("m16n8k8", BF16, BF16) or ("m16n8k8", F16, F16) or ("m16n8k8", TF32, TF32) => 8,
            ("m16n8k4", TF32, TF32) => 4,
            ("m16n8k16", BF16, BF16) or ("m16n8k16", F16, F16) or ("m16n8k16", U8 or S8, U8 or S8) => 16,
            ("m16n8k32", U8 or S8, U8 or S8) or ("m16n8k32", E4M3 or E5M2, E4M3 or E5M2) => 32,
            _ => 0,
        };
        if (k == 0 || d != c || d is not (F32 or F16 or S32)) return null;
        int[] Slots(int index, bool isResult) => [.. o[index].Parts!.Select(part => isResult ? o.To(part) : o.From(part, B32))];
        return new MultiplyMatrices(Slots(0, true), Slots(1, false), Slots(2, false), Slots(3, false), k, a, b, d);
    }

    private static Instruction? WarpMatrix(Operands o)
    {
        var ptx = o.Ptx;
        var action = ptx.Modifiers[0];
        var shape = ptx.Modifiers.Select(ShapeOf).FirstOrDefault(found => found.M > 0);
        if (shape.M == 0 || ptx.Type is S4 or U4 or B1) return null;
        var layouts = ptx.Modifiers.Where(word => word is "row" or "col").Select(word => word == "row").ToArray();
        if (action is "load" or "store")
        {
            var (isLoad, index) = (action == "load", action == "load" ? 0 : 1);
            var matrix = Make(index, ptx.Modifiers[1], ptx.Type, isLoad, layouts[0]);
            var stride = o.Count > 2 ? o.From(2, U32) : -1;
            return new MoveFragment(isLoad, matrix, MemoryDecoder.AddressOf(o, 1 - index), stride, MemoryDecoder.SpaceOf(o, 1 - index));
        }

        if (action != "mma" || layouts.Length != 2) return null;
        // Those of half name the types of the sums alone.
        var isHalf = ptx.TypeAt(2) == None;
        var (d, a, b, c) = isHalf ? (ptx.TypeAt(1), F16, F16, ptx.Type) : (ptx.TypeAt(3), ptx.TypeAt(2), ptx.TypeAt(1), ptx.Type);
        if (d is not (F16 or F32 or F64 or S32) || a != b) return null;
        return new MultiplyFragments(
            Make(0, "d", d, true, true), Make(1, "a", a, false, layouts[0]), Make(2, "b", b, false, layouts[1]), Make(3, "c", c, false, true), ptx.Has("satfinite"));

        Fragment Make(int index, string use, PtxType type, bool isResult, bool isRowMajor)
        {
            var parts = o[index].Parts ?? [o[index]];
            var slots = parts.Select(part => isResult ? o.To(part) : o.From(part, type == F64 ? F64 : B32)).ToArray();
            var (rows, columns) = use switch { "a" => (shape.M, shape.K), "b" => (shape.K, shape.N), _ => (shape.M, shape.N) };
            var made = new Fragment(slots, type, rows, columns, isRowMajor);
            return made.HasRightSize ? made : throw o.CannotRun($"its matrix {use} has {slots.Length} registers");
        }
    }

    private static (int M, int N, int K) ShapeOf(string word) => word switch
    {
        "m16n16k16" => (16, 16, 16),
        "m32n8k16" => (32, 8, 16),
        "m8n32k16" => (8, 32, 16),
        "m16n16k8" => (16, 16, 8),
        "m8n8k4" => (8, 8, 4),
        _ => default,
    };
}

/// <summary>Loads or stores matrices of 8 × 8 values of 16 bits: the lanes give the addresses of rows.</summary>
internal sealed unsafe class MoveMatrix(bool isLoad, int[] slots, AddressOperand address, bool isTransposed, bool isGeneric) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(mask, uint.MaxValue)) return;
        if (mask != uint.MaxValue) throw new KernelFaultException(FaultKind.IllegalInstruction, "a matrix needs all lanes of the warp");
        var access = isLoad ? Access.Read : Access.Write;
        for (var matrix = 0; matrix < slots.Length; matrix++)
        {
            var values = (ushort*)(warp.Registers + slots[matrix]);
            for (var row = 0; row < 8; row++)
            {
                var from = address.Of(warp, (matrix * 8) + row);
                var place = (ushort*)(isGeneric ? warp.Generic(from, 16, (matrix * 8) + row, access) : warp.SharedMemory(from, 16, (matrix * 8) + row, access));
                for (var column = 0; column < 8; column++)
                {
                    var (r, c) = isTransposed ? (column, row) : (row, column);
                    // A lane has two neighbours of a row.
                    ref var value = ref values[(((r * 4) + (c / 2)) * 2) + (c % 2)];
                    if (isLoad) value = place[column];
                    else place[column] = value;
                }
            }
        }
    }
}

/// <summary>Computes D = A × B + C for matrices of 16 × k, k × 8 and 16 × 8. Each sum is exact in double up to its last rounding
/// for integers; that of floats is in the order of k, which a GPU does not promise.</summary>
internal sealed unsafe class MultiplyMatrices(int[] d, int[] a, int[] b, int[] c, int k, PtxType aType, PtxType bType, PtxType dType) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(mask, uint.MaxValue)) return;
        if (mask != uint.MaxValue) throw new KernelFaultException(FaultKind.IllegalInstruction, "a product of matrices needs all lanes of the warp");
        var left = stackalloc double[16 * k];
        var right = stackalloc double[k * 8];
        var perWord = 4 / Size(aType);
        for (var lane = 0; lane < 32; lane++)
        {
            var (group, place) = (lane / 4, lane % 4);
            for (var word = 0; word < a.Length; word++)
            {
                // Words alternate between the upper and the lower half of the rows, and then go on along k.
                var (row, start) = (group + (word % 2 * 8), (word / 2 * 4 * perWord) + (place * perWord));
                for (var part = 0; part < perWord; part++) left[(row * k) + start + part] = Value(((uint*)(warp.Registers + a[word]))[lane], part, aType);
            }

            for (var word = 0; word < b.Length; word++)
            {
                var start = (word * 4 * perWord) + (place * perWord);
                for (var part = 0; part < perWord; part++) right[((start + part) * 8) + group] = Value(((uint*)(warp.Registers + b[word]))[lane], part, bType);
            }
        }

        for (var lane = 0; lane < 32; lane++)
        {
            for (var at = 0; at < 4; at++)
            {
                var (row, column) = ((lane / 4) + (at / 2 * 8), (lane % 4 * 2) + (at % 2));
                var sum = 0.0;
                for (var i = 0; i < k; i++) sum += left[(row * k) + i] * right[(i * 8) + column];
                Add(warp, lane, at, sum);
            }
        }
    }

    private void Add(Warp warp, int lane, int at, double sum)
    {
        switch (dType)
        {
            case F32:
                ((float*)(warp.Registers + d[at]))[lane] = Rounding.Canonical((float)(sum + ((float*)(warp.Registers + c[at]))[lane]));
                break;
            case S32:
                ((int*)(warp.Registers + d[at]))[lane] = unchecked((int)((long)sum + ((int*)(warp.Registers + c[at]))[lane]));
                break;
            default:
                var addend = ((ushort*)(warp.Registers + c[at / 2]))[(lane * 2) + (at % 2)];
                ((ushort*)(warp.Registers + d[at / 2]))[(lane * 2) + (at % 2)] = Rounding.ToHalf(sum + Rounding.FromHalf(addend));
                break;
        }
    }

    /// <summary>Size in bytes of an element of A or B.</summary>
    public static int Size(PtxType type) => type == TF32 ? 4 : type is BF16 or F16 ? 2 : 1;

    /// <summary>Value of one of the elements that a word of A or B has.</summary>
    public static double Value(uint word, int part, PtxType type) => type switch
    {
        TF32 => BitConverter.UInt32BitsToSingle(word & 0xFFFF_E000),
        BF16 => Rounding.FromBFloat((ushort)(word >> (16 * part))),
        F16 => Rounding.FromHalf((ushort)(word >> (16 * part))),
        S8 => (sbyte)(word >> (8 * part)),
        U8 => (byte)(word >> (8 * part)),
        E4M3 => SmallFloat.Decode((int)(word >> (8 * part) & 0xFF), E4M3x2),
        _ => SmallFloat.Decode((int)(word >> (8 * part) & 0xFF), E5M2x2),
    };
}
