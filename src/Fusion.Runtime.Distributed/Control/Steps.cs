namespace Fusion.Runtime.Distributed.Control;

/// <summary>Steps for which all ranks give a part. What a step gave is kept for a while, so that a rank that gave up and asks again hears
/// what the others heard.</summary>
/// <param name="ranks">World size.</param>
internal sealed class Steps(int ranks)
{
    private const int Kept = 64, LargestKept = 4096;

    private readonly Lock gate = new();
    private readonly Dictionary<string, byte[]?[]> open = [];
    private readonly Dictionary<string, Completion> done = [];
    private readonly Queue<string> order = new();

    /// <summary>Gets the ranks that have not given their part of a step.</summary>
    /// <param name="step">Name of the step.</param>
    public int[] MissingIn(string step)
    {
        lock (gate)
        {
            if (done.ContainsKey(step)) return [];
            var parts = open.GetValueOrDefault(step);
            return [.. Enumerable.Range(0, ranks).Where(rank => parts?[rank] is null)];
        }
    }

    /// <summary>Adds a rank's part of a step.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="part">The part.</param>
    /// <param name="isNew">Whether the part completed the step, of which all ranks are to hear.</param>
    /// <returns>All parts; null as long as parts are missing.</returns>
    public Completion? Add(int rank, Contribution part, out bool isNew)
    {
        lock (gate)
        {
            isNew = false;
            if (done.TryGetValue(part.Step, out var before)) return before;
            if (!open.TryGetValue(part.Step, out var parts)) open[part.Step] = parts = new byte[ranks][];
            parts[rank] = part.Content ?? [];
            if (Array.Exists(parts, one => one is null)) return null;
            open.Remove(part.Step);
            var completion = new Completion(part.Step, parts!);
            isNew = true;
            if (parts.Sum(one => one!.Length) > LargestKept) return completion;
            done[part.Step] = completion;
            order.Enqueue(part.Step);
            if (order.Count > Kept) done.Remove(order.Dequeue());
            return completion;
        }
    }
}
