namespace Fusion.Emulation.Ptx;

/// <summary>Orders the basic blocks of a kernel so that the lanes of a warp meet again as early as they can: a block comes
/// behind all that lead to it, and a loop as a whole before what follows it. A warp that always goes on with the lanes that
/// are furthest behind then needs no list of places where branches meet (F. Bourdoncle's weak topological order).</summary>
internal sealed class BlockOrder
{
    private static readonly PtxInstruction Goto = new("bra", ["uni"], [], 0, null);

    private readonly FlatCode code;
    private readonly List<(int Start, int End)> blocks = [];
    private readonly List<int[]> successors = [];
    private readonly List<int> order = [];

    private BlockOrder(FlatCode code) => this.code = code;

    /// <summary>Puts the instructions in order; targets become numbers of instructions.</summary>
    public static void Apply(FlatCode code)
    {
        var ordering = new BlockOrder(code);
        ordering.FindBlocks();
        ordering.Order([.. Enumerable.Range(0, ordering.blocks.Count)], entries: [0], header: -1);
        ordering.Emit();
    }

    private void FindBlocks()
    {
        var instructions = code.Instructions;
        var leaders = new SortedSet<int> { 0 };
        for (var i = 0; i < instructions.Count; i++)
        {
            if (instructions[i].Flow == Flow.Next) continue;
            leaders.Add(i + 1);
            foreach (var label in instructions[i].Targets ?? []) leaders.Add(code.Labels[label]);
        }

        leaders.Remove(instructions.Count);
        var starts = leaders.ToArray();
        var blockAt = new Dictionary<int, int>();
        for (var i = 0; i < starts.Length; i++)
        {
            blockAt[starts[i]] = i;
            blocks.Add((starts[i], i + 1 < starts.Length ? starts[i + 1] : instructions.Count));
        }

        foreach (var (_, end) in blocks)
        {
            var last = instructions[end - 1];
            var next = (last.Targets ?? []).Select(label => blockAt[code.Labels[label]]);
            if (FallsThrough(last)) next = next.Prepend(blockAt[end]);
            successors.Add([.. next.Distinct()]);
        }
    }

    private static bool FallsThrough(FlatInstruction last) => last.Flow == Flow.Next || last.IsGuarded;

    // Orders the blocks of a part of the graph that are reached from the entries. Jumps to the header are left out: they are
    // the loop's own.
    private void Order(HashSet<int> part, int[] entries, int header)
    {
        foreach (var component in Components(part, entries, header))
        {
            if (component.Count == 1)
            {
                order.Add(component[0]);
                continue;
            }

            // Tarjan's search meets a component first at the block through which it is entered.
            var head = component[^1];
            order.Add(head);
            var rest = component.ToHashSet();
            rest.Remove(head);
            Order(rest, [.. successors[head].Where(rest.Contains)], head);
        }
    }

    // Strongly connected components in topological order; in each, the block that was met first comes last.
    private List<List<int>> Components(HashSet<int> part, int[] entries, int header)
    {
        var components = new List<List<int>>();
        var number = new Dictionary<int, int>();
        var low = new Dictionary<int, int>();
        var stack = new Stack<int>();
        var onStack = new HashSet<int>();
        var work = new Stack<(int Block, int Next)>();
        foreach (var entry in entries)
        {
            if (!number.ContainsKey(entry)) work.Push((entry, 0));
            while (work.TryPop(out var top)) Visit(top.Block, top.Next);
        }

        components.Reverse();
        return components;

        void Visit(int block, int next)
        {
            var targets = successors[block];
            if (next == 0)
            {
                number[block] = low[block] = number.Count;
                stack.Push(block);
                onStack.Add(block);
            }
            else if (onStack.Contains(targets[next - 1]))
            {
                low[block] = Math.Min(low[block], low[targets[next - 1]]);
            }

            for (; next < targets.Length; next++)
            {
                var to = targets[next];
                if (to == header || !part.Contains(to)) continue;
                if (!number.TryGetValue(to, out var reached))
                {
                    work.Push((block, next + 1));
                    work.Push((to, 0));
                    return;
                }

                if (onStack.Contains(to)) low[block] = Math.Min(low[block], reached);
            }

            if (low[block] == number[block]) components.Add(PopComponent(block));
        }

        List<int> PopComponent(int first)
        {
            var component = new List<int>();
            int member;
            do
            {
                component.Add(member = stack.Pop());
                onStack.Remove(member);
            }
            while (member != first);
            return component;
        }
    }

    private void Emit()
    {
        var result = new List<FlatInstruction>(code.Instructions.Count);
        var startOf = new Dictionary<int, int>();
        for (var i = 0; i < order.Count; i++)
        {
            var (start, end) = blocks[order[i]];
            startOf[start] = result.Count;
            var follower = i + 1 < order.Count ? blocks[order[i + 1]].Start : -1;
            for (var at = start; at < end; at++)
            {
                var one = code.Instructions[at];
                // A jump to what follows anyway.
                if (one is { Flow: Flow.Jump, IsGuarded: false } && code.Labels[one.Targets![0]] == follower) continue;
                result.Add(one with { Targets = one.Targets?.Select(label => code.Labels[label]).ToArray() });
            }

            var last = code.Instructions[end - 1];
            if (FallsThrough(last) && end != follower) result.Add(new(Goto with { Line = last.Ptx.Line }, last.Frame, Flow.Jump, [end]));
        }

        code.Instructions = [.. result.Select(one => one with { Targets = one.Targets?.Select(start => startOf[start]).ToArray() })];
        code.IsLeader = new bool[result.Count];
        foreach (var at in startOf.Values)
            if (at < result.Count) code.IsLeader[at] = true;
        for (var i = 0; i + 1 < result.Count; i++) code.IsLeader[i + 1] |= result[i].Flow != Flow.Next;
    }
}
