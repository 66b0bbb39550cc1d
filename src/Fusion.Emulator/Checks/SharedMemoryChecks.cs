using System.Runtime.InteropServices;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation;

/// <summary>Knows of each byte of a block's shared memory who wrote and read it last, and between which barriers. Accesses are
/// ordered by a barrier of the block or the cluster and, in a warp, by an instruction at which its lanes wait for each
/// other. Atomic operations race with nothing.</summary>
internal sealed unsafe class SharedMemoryChecks : IDisposable
{
    private const int Nobody = 0;
    private const int Many = -1;
    private const int Word = 4;

    private readonly Mark* marks;
    private readonly Block block;
    private readonly bool findsRaces;
    private readonly bool findsUnwritten;

    public SharedMemoryChecks(Block block, KernelChecks checks)
    {
        this.block = block;
        findsRaces = checks.HasFlag(KernelChecks.SharedMemoryRaces);
        findsUnwritten = checks.HasFlag(KernelChecks.UninitializedReads);
        // Zero is nobody.
        marks = (Mark*)NativeMemory.AllocZeroed((nuint)block.SharedBytes + Word, (nuint)sizeof(Mark));
    }

    public void Note(int address, int bytes, Warp warp, int lane, Access access, bool mayBeUnwritten = false)
    {
        if (((address | bytes) & (Word - 1)) != 0) Split(address, address + bytes);
        var thread = ((warp.Block.RankInCluster + 1) << 10) + (warp.Index * 32) + lane;
        var end = address + bytes;
        for (var i = address; i < end; i += Step(i, end))
        {
            ref var mark = ref marks[i];
            if ((mark.CopiesFrom | mark.CopyTo) != 0 && (mark.CopyTo != 0 || access != Access.Read)) throw CopyRace(mark, warp, lane, access, address, bytes);
            if (access is Access.Read or Access.Atomic && !mark.IsWritten && findsUnwritten && !mayBeUnwritten) throw new KernelFaultException(
                FaultKind.UninitializedRead, $"it reads {bytes} bytes of shared memory of which some were never written", lane, (ulong)address);
            if (findsRaces && access is Access.Read or Access.Write) FindRace(ref mark, thread, warp, lane, access, address, bytes);
            if (access != Access.Read)
            {
                mark.IsWritten |= access != Access.Atomic;
                if (access != Access.Write) continue;
                (mark.Writer, mark.WriteEpoch, mark.WriteSync) = (thread, block.Epoch, warp.SyncCount);
                mark.WritePc = warp.Pc - 1;
            }
            else if (mark.Reader != thread)
            {
                var isFirst = mark.ReadEpoch != block.Epoch || mark.Reader == Nobody || (mark.Reader >> 5 == thread >> 5 && mark.ReadSync != warp.SyncCount);
                mark.Reader = isFirst ? thread : mark.Reader >> 5 == thread >> 5 ? thread : Many;
                (mark.ReadEpoch, mark.ReadSync, mark.ReadPc) = (block.Epoch, warp.SyncCount, warp.Pc - 1);
            }
            else
            {
                (mark.ReadEpoch, mark.ReadSync, mark.ReadPc) = (block.Epoch, warp.SyncCount, warp.Pc - 1);
            }
        }
    }

    /// <summary>Notes that an asynchronous copy will write bytes.</summary>
    public void BeginWrite(int address, int bytes, Warp warp, int lane)
    {
        if (((address | bytes) & (Word - 1)) != 0) Split(address, address + bytes);
        Note(address, bytes, warp, lane, Access.Write);
        if (!findsRaces) return;
        for (var i = address; i < address + bytes; i += Step(i, address + bytes)) marks[i].CopyTo = warp.Pc;
    }

    /// <summary>Notes that those who wait for a copy see what it wrote.</summary>
    public void EndWrite(int address, int bytes, Warp warp, int lane)
    {
        if (((address | bytes) & (Word - 1)) != 0) Split(address, address + bytes);
        for (var i = address; i < address + bytes; i += Step(i, address + bytes)) marks[i].CopyTo = 0;
        Note(address, bytes, warp, lane, Access.Write);
    }

    /// <summary>Notes that an asynchronous copy or a product of matrices will read bytes.</summary>
    public void BeginRead(int address, int bytes, Warp warp, int lane, bool mayBeUnwritten = false)
    {
        if (((address | bytes) & (Word - 1)) != 0) Split(address, address + bytes);
        Note(address, bytes, warp, lane, Access.Read, mayBeUnwritten);
        if (!findsRaces) return;
        for (var i = address; i < address + bytes; i += Step(i, address + bytes)) (marks[i].CopiesFrom, marks[i].CopyPc) = (marks[i].CopiesFrom + 1, warp.Pc);
    }

    /// <summary>Notes that those who wait know that bytes have been read.</summary>
    public void EndRead(int address, int bytes)
    {
        if (((address | bytes) & (Word - 1)) != 0) Split(address, address + bytes);
        if (!findsRaces) return;
        for (var i = address; i < address + bytes; i += Step(i, address + bytes)) marks[i].CopiesFrom--;
    }

    public void Dispose() => NativeMemory.Free(marks);

    // Number of bytes for which the mark of a byte stands: those of a word, until a part of it is used alone.
    private int Step(int at, int end)
    {
        var word = at & ~(Word - 1);
        if (marks[word].IsSplit) return 1;
        return at == word && end - at >= Word ? Word : 1;
    }

    private void Split(int address, int end)
    {
        SplitWord(address);
        SplitWord(end - 1);
    }

    private void SplitWord(int at)
    {
        var word = at & ~(Word - 1);
        if (marks[word].IsSplit) return;
        for (var i = 1; i < Word; i++) marks[word + i] = marks[word];
        marks[word].IsSplit = true;
    }

    private void FindRace(ref Mark mark, int thread, Warp warp, int lane, Access access, int address, int bytes)
    {
        if (mark.Writer != Nobody && IsUnordered(mark.Writer, mark.WriteEpoch, mark.WriteSync, thread, warp))
            throw Race(access == Access.Read ? "reads" : "writes", "wrote", mark.Writer, mark.WritePc, warp, lane, address, bytes);
        if (access == Access.Write && mark.Reader != Nobody && IsUnordered(mark.Reader, mark.ReadEpoch, mark.ReadSync, thread, warp))
            throw Race("writes", "read", mark.Reader, mark.ReadPc, warp, lane, address, bytes);
    }

    private bool IsUnordered(int other, int epoch, int sync, int thread, Warp warp)
    {
        if (other == thread || epoch != block.Epoch) return false;
        return other == Many || other >> 5 != thread >> 5 || sync == warp.SyncCount;
    }

    private static KernelFaultException Race(string does, string did, int other, int pc, Warp warp, int lane, int address, int bytes) => new(
        FaultKind.SharedMemoryRace,
        $"a race: it {does} {bytes} bytes of shared memory that {(other == Many ? "several threads" : $"the thread number {other & 1023}")} {did} in " +
        $"{warp.Block.Grid.Describe(pc)}, with no barrier between them", lane, (ulong)address);

    private static KernelFaultException CopyRace(in Mark mark, Warp warp, int lane, Access access, int address, int bytes)
    {
        var (grid, pc) = (warp.Block.Grid, (mark.CopyTo != 0 ? mark.CopyTo : mark.CopyPc) - 1);
        var (what, who) = grid.Code.Origins[pc].Opcode == "wgmma"
            ? ("a product of matrices", "a warp that computes has not waited for it (wgmma.wait_group)")
            : ("an asynchronous copy", "the thread that copies has not waited for it (cp.async.wait_group, or the barrier that counts it)");
        return new(
            FaultKind.SharedMemoryRace,
            $"a race: it {(access == Access.Read ? "reads" : "writes")} {bytes} bytes of shared memory that {what}, in {grid.Describe(pc)}, may still be " +
            $"{(mark.CopyTo != 0 ? "writing" : "reading")}: {who}", lane, (ulong)address);
    }

    private struct Mark
    {
        public int Writer;
        public int WriteEpoch;
        public int WriteSync;
        public int WritePc;
        public int Reader;
        public int ReadEpoch;
        public int ReadSync;
        public int ReadPc;
        public bool IsWritten;

        // Whether each byte of the word that begins here has a mark of its own.
        public bool IsSplit;

        // Program counter behind the asynchronous copy that will write the byte; 0 for none.
        public int CopyTo;

        // Number of asynchronous copies and products that will read it, and the program counter behind the last of them.
        public int CopiesFrom;
        public int CopyPc;
    }
}
