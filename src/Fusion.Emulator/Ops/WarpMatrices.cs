using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>A matrix that a warp holds in registers for <c>wmma</c>. PTX leaves open which lane has which element; here each lane has a run of them,
/// row by row. Registers that are more than the matrix needs have the same elements again.</summary>
internal sealed unsafe class Fragment(int[] slots, PtxType type, int rows, int columns, bool isRowMajor)
{
    private readonly int bytes = type.Bytes();
    private readonly int perRegister = type == F64 ? 1 : 4 / type.Bytes();
    private readonly int perLane = rows * columns / 32;

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public PtxType Type { get; } = type;

    public bool HasRightSize => slots.Length * perRegister % perLane == 0;

    public ulong Read(Warp warp, int row, int column)
    {
        var element = (row * Columns) + column;
        return ReadRegister(warp, element / perLane, element % perLane);
    }

    public void Write(Warp warp, int row, int column, ulong bits)
    {
        var element = (row * Columns) + column;
        for (var i = element % perLane; i < slots.Length * perRegister; i += perLane) WriteRegister(warp, element / perLane, i, bits);
    }

    /// <summary>Place of an element in memory, counted in elements.</summary>
    public ulong Offset(int row, int column, uint stride) => isRowMajor ? ((ulong)row * stride) + (ulong)column : ((ulong)column * stride) + (ulong)row;

    public uint UsualStride => (uint)(isRowMajor ? Columns : Rows);

    /// <summary>Lane that has an element.</summary>
    public int LaneOf(int row, int column) => ((row * Columns) + column) / perLane;

    public double Value(Warp warp, int row, int column)
    {
        var bits = Read(warp, row, column);
        return Type switch
        {
            F64 => BitConverter.UInt64BitsToDouble(bits),
            F32 => BitConverter.UInt32BitsToSingle((uint)bits),
            TF32 => BitConverter.UInt32BitsToSingle((uint)bits & 0xFFFF_E000),
            F16 => Rounding.FromHalf((ushort)bits),
            BF16 => Rounding.FromBFloat((ushort)bits),
            S8 => (sbyte)bits,
            S32 => (int)bits,
            _ => bits,
        };
    }

    private ulong ReadRegister(Warp warp, int lane, int index)
    {
        var place = warp.Registers + slots[index / perRegister] + (lane * (Type == F64 ? 8 : 4)) + (index % perRegister * bytes);
        return bytes switch { 1 => *place, 2 => *(ushort*)place, 4 => *(uint*)place, _ => *(ulong*)place };
    }

    private void WriteRegister(Warp warp, int lane, int index, ulong bits)
    {
        var place = warp.Registers + slots[index / perRegister] + (lane * (Type == F64 ? 8 : 4)) + (index % perRegister * bytes);
        if (bytes == 1) *place = (byte)bits;
        else if (bytes == 2) *(ushort*)place = (ushort)bits;
        else if (bytes == 4) *(uint*)place = (uint)bits;
        else *(ulong*)place = bits;
    }
}

/// <summary>Loads or stores a matrix of a warp.</summary>
internal sealed unsafe class MoveFragment(bool isLoad, Fragment matrix, AddressOperand address, int stride, PtxSpace space) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(mask, uint.MaxValue)) return;
        if (mask != uint.MaxValue) throw new KernelFaultException(FaultKind.IllegalInstruction, "a matrix needs all lanes of the warp");
        var bytes = matrix.Type.Bytes();
        var leading = stride < 0 ? matrix.UsualStride : ((uint*)(warp.Registers + stride))[0];
        for (var row = 0; row < matrix.Rows; row++)
        {
            for (var column = 0; column < matrix.Columns; column++)
            {
                var place = Find(warp, address.Of(warp, 0) + (matrix.Offset(row, column, leading) * (ulong)bytes), bytes, matrix.LaneOf(row, column));
                if (isLoad) matrix.Write(warp, row, column, bytes switch { 1 => *place, 2 => *(ushort*)place, 4 => *(uint*)place, _ => *(ulong*)place });
                else new ReadOnlySpan<byte>(BitConverter.GetBytes(matrix.Read(warp, row, column)), 0, bytes).CopyTo(new(place, bytes));
            }
        }

        warp.ConfirmRace();
    }

    private byte* Find(Warp warp, ulong at, int bytes, int lane)
    {
        var access = isLoad ? Access.Read : Access.Write;
        return space switch
        {
            PtxSpace.Global => warp.Global(at, bytes, lane, access),
            PtxSpace.Shared => warp.SharedMemory(at, bytes, lane, access),
            _ => warp.Generic(at, bytes, lane, access),
        };
    }
}

/// <summary>Computes D = A × B + C for matrices of a warp. Sums are in double and rounded once, which no manual promises of a GPU; those of integers are
/// exact.</summary>
internal sealed class MultiplyFragments(Fragment d, Fragment a, Fragment b, Fragment c, bool saturates) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(mask, uint.MaxValue)) return;
        if (mask != uint.MaxValue) throw new KernelFaultException(FaultKind.IllegalInstruction, "a product of matrices needs all lanes of the warp");
        var (rows, columns, depth) = (d.Rows, d.Columns, a.Columns);
        var results = new ulong[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var sum = d.Type == F64 ? c.Value(warp, row, column) : 0;
                for (var i = 0; i < depth; i++) sum = Math.FusedMultiplyAdd(a.Value(warp, row, i), b.Value(warp, i, column), sum);
                results[(row * columns) + column] = Round(sum, d.Type == F64 ? 0 : c.Value(warp, row, column));
            }
        }

        // The registers of C may be those of D.
        for (var i = 0; i < results.Length; i++) d.Write(warp, i / columns, i % columns, results[i]);
    }

    private ulong Round(double sum, double addend) => d.Type switch
    {
        F64 => BitConverter.DoubleToUInt64Bits(sum),
        F32 => BitConverter.SingleToUInt32Bits(Rounding.Canonical((float)(sum + addend))),
        F16 => Rounding.ToHalf(sum + addend),
        _ => unchecked((uint)(saturates ? Math.Clamp((long)(sum + addend), int.MinValue, int.MaxValue) : (long)(sum + addend))),
    };
}
