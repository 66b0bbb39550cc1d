using System.Numerics;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Starts copies of boxes of tensors from global to shared memory, which tensor maps describe and a barrier counts.</summary>
/// <param name="to">Place in shared memory.</param>
/// <param name="map">Generic address of the tensor map.</param>
/// <param name="coordinates">Slots of the coordinates of the box's first element.</param>
/// <param name="barrier">The barrier.</param>
internal sealed unsafe class TensorCopy(AddressOperand to, AddressOperand map, int[] coordinates, BarrierPlace barrier) : Instruction
{
    private const int Alignment = 128;
    private const int MapAlignment = 64;

    /// <summary>Decodes a copy; null for a form that is not there: to global memory, to several blocks, of images.</summary>
    public static Instruction? TryDecode(Operands o)
    {
        // Where the cache is concerned, there is none.
        string[] words = [.. o.Ptx.Modifiers.Where(word => word is not ("tile" or "L2::cache_hint"))];
        if (words is not ["async", "bulk", "tensor", [>= '1' and <= '5', 'd'], "shared::cluster" or "shared::cta", "global", "mbarrier::complete_tx::bytes"]) return null;
        var rank = words[3][0] - '0';
        if (o[1] is not { Kind: OperandKind.Address, Parts: [{ Kind: OperandKind.Vector, Parts: { } parts }] }) throw o.CannotRun("its second operand must be a map and coordinates");
        if (parts.Length != rank) throw o.CannotRun($"it has {parts.Length} coordinates");
        return new TensorCopy(
            MemoryDecoder.AddressOf(o, 0), MemoryDecoder.AddressOf(o, o[1] with { Parts = null }), [.. parts.Select(part => o.From(part, PtxType.S32))],
            CopyDecoder.Place(o, 2));
    }

    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var i = BitOperations.TrailingZeroCount(mask);
            var shared = to.Of(warp, i);
            if (shared % Alignment != 0) throw new KernelFaultException(
                FaultKind.Misaligned, $"the place in shared memory for a tensor map's box is not aligned to {Alignment} bytes", i, shared);
            var (block, offset) = warp.FindShared(shared, Swizzle.Piece, i);
            var box = BoxOf(warp, i);
            var copy = new PendingCopy(CopyKind.BulkToShared, i) { Block = block, Offset = offset, Bytes = box.Bytes, Box = box, Barrier = barrier.Find(warp, i) };
            for (var at = 0; at < box.Bytes; at += Swizzle.Piece)
            {
                var place = copy.PlaceOf(at);
                if (place + Swizzle.Piece > block.SharedBytes) throw warp.OutOfShared(shared, box.Bytes, i);
                block.Checks?.BeginWrite(place, Swizzle.Piece, warp, i);
            }

            warp.StartCopy(copy);
        }
    }

    private TensorBox BoxOf(Warp warp, int lane)
    {
        var address = map.Of(warp, lane);
        if (address % MapAlignment != 0) throw new KernelFaultException(
            FaultKind.Misaligned, $"a tensor map is not aligned to {MapAlignment} bytes", lane, address);
        var words = stackalloc ulong[EncodedTensorMap.Words];
        for (var i = 0; i < EncodedTensorMap.Words; i++) words[i] = *(ulong*)warp.Generic(address + (ulong)(i * sizeof(ulong)), sizeof(ulong), lane, Access.Read);
        var read = EncodedTensorMap.TryRead(new(words, EncodedTensorMap.Words)) ?? throw Wrong("there is no tensor map");
        if (read.Dimensions.Length != coordinates.Length)
            throw Wrong($"the tensor map has {read.Dimensions.Length} dimensions, and the copy is one of {coordinates.Length}");
        if (read.Interleave != 0) throw Wrong("the tensor map's channels are interleaved, which the emulator does not copy");
        if (read.ElementBytes == 0) throw Wrong($"the tensor map has elements of the data type {read.DataType}, which the emulator does not copy");
        if (read.Swizzle is not { } swizzle) throw Wrong($"the tensor map permutes by mode {read.SwizzleMode}, which the emulator does not know");
        var rowBytes = read.Dimensions[0].Box * read.ElementBytes;
        if (rowBytes < swizzle.RowBytes) throw Wrong(
            $"a row of the tensor map's box has {rowBytes} bytes, less than the {swizzle.RowBytes} in which it is permuted: how that lies, the emulator does not know");
        var start = new int[coordinates.Length];
        for (var i = 0; i < start.Length; i++) start[i] = ((int*)(warp.Registers + coordinates[i]))[lane];
        if ((long)start[0] * read.ElementBytes % Swizzle.Piece != 0)
            throw Wrong($"the first coordinate of a copy, {start[0]}, is {(long)start[0] * read.ElementBytes} bytes, which is no multiple of {Swizzle.Piece}");
        return new(read, start);

        KernelFaultException Wrong(string what) => new(FaultKind.IllegalInstruction, what, lane, address);
    }
}
