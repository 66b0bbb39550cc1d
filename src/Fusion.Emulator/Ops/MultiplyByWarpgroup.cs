using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Computes D = A × B or D += A × B for matrices of 64 × k, k × n and 64 × n: each warp of four computes its 16 rows of D, at once.
/// The sums are those of exact products in double, in the order of k, and are rounded once together with the old D; a GPU is less exact.</summary>
/// <param name="d">Slots of D.</param>
/// <param name="n">Number of columns.</param>
/// <param name="aType">Type of A's elements.</param>
/// <param name="bType">Type of B's elements.</param>
internal sealed unsafe class MultiplyByWarpgroup(int[] d, int n, PtxType aType, PtxType bType) : Instruction
{
    private const int Rows = 16;
    private const int Warps = 4;

    // Values of all elements that there are, by their bits.
    private static readonly Dictionary<PtxType, Lazy<double[]>> Tables = new[] { F16, BF16, E4M3, E5M2 }.ToDictionary(
        type => type,
        type => new Lazy<double[]>(() => [.. Enumerable.Range(0, 1 << (8 * MultiplyMatrices.Size(type))).Select(bits => MultiplyMatrices.Value((uint)bits, 0, type))]));

    private readonly int k = SharedMatrix.RowBytes / MultiplyMatrices.Size(aType);
    private readonly double[] aValues = Tables[aType].Value;
    private readonly double[] bValues = Tables[bType].Value;

    /// <summary>Slots of A's elements, if they are in registers.</summary>
    public required int[]? WordsOfA { get; init; }

    /// <summary>Slot of the descriptor of A, if it is in shared memory.</summary>
    public required int DescriptorOfA { get; init; }

    public required int DescriptorOfB { get; init; }

    /// <summary>Slot of the predicate that says whether the old D is added.</summary>
    public required int Adds { get; init; }

    public required bool AddsIsNegated { get; init; }

    /// <summary>1, or -1 for what is to be subtracted.</summary>
    public required double Sign { get; init; }

    public override void Run(Warp warp, uint mask)
    {
        if (!warp.AwaitLanes(mask, uint.MaxValue)) return;
        if (mask != uint.MaxValue) throw new KernelFaultException(FaultKind.IllegalInstruction, "a product of matrices needs all lanes of the warp");
        if ((warp.Index | (Warps - 1)) >= warp.Block.Warps.Length) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "a product of matrices needs the four warps of a warpgroup, and the block has fewer");
        var adds = *(uint*)(warp.Registers + Adds) ^ (AddsIsNegated ? uint.MaxValue : 0);
        if (adds is not (0 or uint.MaxValue)) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "lanes of a warp do not agree whether a product of matrices is added");
        var left = stackalloc double[Rows * k];
        var right = stackalloc double[k * n];
        ReadA(warp, left);
        ReadB(warp, right);
        var sums = stackalloc double[n];
        for (var row = 0; row < Rows; row++)
        {
            new Span<double>(sums, n).Clear();
            for (var i = 0; i < k; i++)
            {
                var factor = left[(row * k) + i];
                var others = right + (i * n);
                for (var column = 0; column < n; column++) sums[column] += factor * others[column];
            }

            for (var column = 0; column < n; column++) Give(warp, row, column, Sign * sums[column], adds != 0);
        }
    }

    // Of each 8 columns, a lane has two neighbours in a row of the upper half and in one of the lower half.
    private void Give(Warp warp, int row, int column, double sum, bool adds)
    {
        var lane = (row % 8 * 4) + (column % 8 / 2);
        ref var to = ref ((float*)(warp.Registers + d[(column / 8 * 4) + (row / 8 * 2) + (column % 2)]))[lane];
        to = Rounding.Canonical((float)(adds ? sum + to : sum));
    }

    private void ReadA(Warp warp, double* left)
    {
        var matrix = WordsOfA is null ? SharedMatrix.Of(warp, DescriptorOfA) : default;
        var bytes = stackalloc byte[SharedMatrix.RowBytes];
        for (var row = 0; row < Rows; row++)
        {
            if (WordsOfA is null) matrix.ReadRow(warp, (warp.Index % Warps * Rows) + row, bytes);
            else CollectRow(warp, WordsOfA, row, (uint*)bytes);
            for (var i = 0; i < k; i++) left[(row * k) + i] = Value(bytes, i, aValues);
        }
    }

    private void ReadB(Warp warp, double* right)
    {
        var matrix = SharedMatrix.Of(warp, DescriptorOfB);
        var bytes = stackalloc byte[SharedMatrix.RowBytes];
        for (var column = 0; column < n; column++)
        {
            matrix.ReadRow(warp, column, bytes);
            for (var i = 0; i < k; i++) right[(i * n) + column] = Value(bytes, i, bValues);
        }
    }

    // Words alternate between the upper and the lower half of the rows, and then go on along k.
    private static void CollectRow(Warp warp, int[] words, int row, uint* to)
    {
        for (var place = 0; place < 8; place++)
            to[place] = ((uint*)(warp.Registers + words[(place / 4 * 2) + (row / 8)]))[(row % 8 * 4) + (place % 4)];
    }

    private double Value(byte* row, int index, double[] values) => k == 16 ? values[((ushort*)row)[index]] : values[row[index]];
}

/// <summary>Lets the lanes of a warp meet, before products that use registers that they wrote.</summary>
internal sealed class MeetWarp : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.AwaitLanes(mask, uint.MaxValue);
}

/// <summary>Makes a group of the products that a warp has started.</summary>
internal sealed class CommitProducts : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (warp.AwaitLanes(mask, uint.MaxValue)) warp.Products.Commit();
    }
}

/// <summary>Waits for products that the warp has started.</summary>
internal sealed class WaitForProducts(int left) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        if (warp.AwaitLanes(mask, uint.MaxValue)) warp.Products.Wait(left);
    }
}
