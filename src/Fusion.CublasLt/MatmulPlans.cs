namespace Fusion.CublasLt;

/// <summary>Plans by shape. When there are too many, the one that was used longest ago is dropped. A hit allocates
/// nothing.</summary>
/// <param name="most">Largest number of plans.</param>
/// <param name="make">Function that makes the plan of a shape.</param>
internal sealed class MatmulPlans(int most, Func<MatmulShape, MatmulPlan> make) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<MatmulShape, LinkedListNode<(MatmulShape Shape, MatmulPlan Plan)>> byShape = [];
    private readonly LinkedList<(MatmulShape Shape, MatmulPlan Plan)> byUse = [];

    /// <summary>Number of plans that are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (gate) return byShape.Count;
        }
    }

    /// <summary>Gets the plan of a shape, which is made at its first use. A plan that was dropped can still be launched by who
    /// has it, until it is disposed.</summary>
    /// <param name="shape">The shape.</param>
    /// <exception cref="CublasLtException">There is no algorithm.</exception>
    public MatmulPlan Get(in MatmulShape shape)
    {
        lock (gate)
        {
            if (byShape.TryGetValue(shape, out var node))
            {
                if (node.Previous is not null)
                {
                    byUse.Remove(node);
                    byUse.AddFirst(node);
                }

                return node.Value.Plan;
            }

            var plan = make(shape);
            byShape[shape] = byUse.AddFirst((shape, plan));
            if (byShape.Count > most)
            {
                // Another thread may be about to launch it: what it holds is freed when nobody has it any more.
                byShape.Remove(byUse.Last!.Value.Shape);
                byUse.RemoveLast();
            }

            return plan;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var (_, plan) in byUse) plan.Dispose();
            byUse.Clear();
            byShape.Clear();
        }
    }
}
