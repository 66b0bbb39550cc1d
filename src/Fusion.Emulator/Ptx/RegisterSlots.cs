namespace Fusion.Emulation.Ptx;

/// <summary>Gives registers places in the memory of a warp, 32 lanes side by side. Registers that are never needed at the same
/// time share a place, so that a warp's memory stays in the cache: compilers write PTX with a new register for each value.</summary>
internal sealed class RegisterSlots
{
    private readonly FlatCode code;
    private readonly List<(int Start, int End)> blocks = [];
    private readonly Dictionary<int, int> blockAt = [];
    private readonly int[] first;
    private readonly int[] last;
    private readonly int[] offsets;

    private RegisterSlots(FlatCode code, int start)
    {
        this.code = code;
        Bytes = start;
        first = new int[code.Registers.Count];
        last = new int[code.Registers.Count];
        offsets = new int[code.Registers.Count];
        Array.Fill(first, int.MaxValue);
        Array.Fill(last, -1);
    }

    /// <summary>Number of bytes of a warp's memory.</summary>
    private int Bytes { get; set; }

    /// <summary>Assigns the places.</summary>
    /// <param name="code">The kernel, in the order in which it is run.</param>
    /// <param name="start">Offset of the first place.</param>
    /// <param name="end">Offset behind the last place.</param>
    /// <returns>Offset of each register.</returns>
    public static int[] Assign(FlatCode code, int start, out int end)
    {
        var slots = new RegisterSlots(code, start);
        slots.FindBlocks();
        slots.FindLives();
        slots.Scan();
        end = slots.Bytes;
        return slots.offsets;
    }

    /// <summary>Number of bytes that a register has for the 32 lanes of a warp.</summary>
    public static int BytesOf(PtxType type) => type == PtxType.Pred ? 8 : Math.Max(type.Bytes(), 2) * 32;

    private void FindBlocks()
    {
        for (var i = 0; i < code.Instructions.Count; i++)
        {
            if (!code.IsLeader[i]) continue;
            if (blocks.Count > 0) blocks[^1] = (blocks[^1].Start, i);
            blockAt[i] = blocks.Count;
            blocks.Add((i, code.Instructions.Count));
        }
    }

    private IEnumerable<int> SuccessorsOf(int block)
    {
        var end = blocks[block].End;
        var instruction = code.Instructions[end - 1];
        foreach (var target in instruction.Targets ?? []) yield return blockAt[target];
        if ((instruction.Flow == Flow.Next || instruction.IsGuarded) && blockAt.TryGetValue(end, out var next)) yield return next;
    }

    private void FindLives()
    {
        var words = (code.Registers.Count + 63) / 64;
        var liveIn = blocks.Select(_ => new ulong[words]).ToArray();
        var needed = blocks.Select(_ => new ulong[words]).ToArray();
        var killed = blocks.Select(_ => new ulong[words]).ToArray();
        var (written, read) = (new List<int>(), new List<int>());
        for (var b = 0; b < blocks.Count; b++)
        {
            for (var i = blocks[b].Start; i < blocks[b].End; i++)
            {
                written.Clear();
                read.Clear();
                RegisterUses.Add(code.Instructions[i], written, read);
                foreach (var register in read)
                {
                    Touch(register, i);
                    if (!Has(killed[b], register)) Set(needed[b], register);
                }

                foreach (var register in written)
                {
                    Touch(register, i);
                    Set(killed[b], register);
                }
            }
        }

        for (var changed = true; changed;)
        {
            changed = false;
            for (var b = blocks.Count - 1; b >= 0; b--)
            {
                foreach (var s in SuccessorsOf(b))
                {
                    for (var w = 0; w < words; w++)
                    {
                        var live = needed[b][w] | (liveIn[s][w] & ~killed[b][w]) | liveIn[b][w];
                        changed |= live != liveIn[b][w];
                        liveIn[b][w] = live;
                    }
                }

                for (var w = 0; w < words; w++) liveIn[b][w] |= needed[b][w];
            }
        }

        for (var b = 0; b < blocks.Count; b++)
        {
            foreach (var register in Members(liveIn[b])) Touch(register, blocks[b].Start);
            foreach (var s in SuccessorsOf(b))
                foreach (var register in Members(liveIn[s])) Touch(register, blocks[b].End - 1);
        }
    }

    // Linear scan: a place is free again behind the last instruction that needs its register.
    private void Scan()
    {
        var free = new Dictionary<int, Stack<int>>();
        var active = new PriorityQueue<int, int>();
        foreach (var register in Enumerable.Range(0, first.Length).Where(one => last[one] >= 0).OrderBy(one => first[one]))
        {
            while (active.TryPeek(out var done, out var end) && end < first[register])
            {
                active.Dequeue();
                Free(BytesOf(code.Registers[done])).Push(offsets[done]);
            }

            var bytes = BytesOf(code.Registers[register]);
            if (!Free(bytes).TryPop(out offsets[register]))
            {
                offsets[register] = Bytes;
                Bytes += bytes;
            }

            active.Enqueue(register, last[register]);
        }

        Stack<int> Free(int bytes) => free.TryGetValue(bytes, out var stack) ? stack : free[bytes] = new();
    }

    private void Touch(int register, int at)
    {
        first[register] = Math.Min(first[register], at);
        last[register] = Math.Max(last[register], at);
    }

    private static bool Has(ulong[] set, int register) => (set[register >> 6] >> (register & 63) & 1) != 0;

    private static void Set(ulong[] set, int register) => set[register >> 6] |= 1UL << (register & 63);

    private static IEnumerable<int> Members(ulong[] set)
    {
        for (var w = 0; w < set.Length; w++)
            for (var bits = set[w]; bits != 0; bits &= bits - 1) yield return (w << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
    }
}
