namespace Llama.Gpu.Ops;

/// <summary>Reads what <c>argmax.cu</c> writes: a number that is larger for a larger logit, and of equal ones for the lower index.</summary>
internal static class LargestLogit
{
    /// <summary>Takes a number apart.</summary>
    /// <param name="key">The number.</param>
    /// <returns>The logit, and its index in the rank's part of the vocabulary.</returns>
    public static (float Logit, int Index) Read(ulong key)
    {
        var order = (uint)(key >> 32);
        var bits = (order & 0x80000000) != 0 ? order & 0x7FFFFFFF : ~order;
        return (BitConverter.UInt32BitsToSingle(bits), (int)(uint.MaxValue - (uint)key));
    }

    /// <summary>Finds the likeliest token over the parts of all ranks: of equal logits the one with the lowest number.</summary>
    /// <param name="parts">Numbers of each rank's parts.</param>
    /// <param name="perRank">Number of tokens of each rank.</param>
    /// <exception cref="ArithmeticException">A logit is NaN, or the largest is infinite.</exception>
    public static int Of(IReadOnlyList<ReadOnlyMemory<ulong>> parts, int perRank)
    {
        var (best, token) = (0UL, -1);
        for (var rank = 0; rank < parts.Count; rank++)
        {
            var key = 0UL;
            foreach (var part in parts[rank].Span) key = Math.Max(key, part);
            // Lower ranks have lower tokens, so an equal logit of a later one does not count.
            if (token >= 0 && key >> 32 <= best >> 32) continue;
            (best, token) = (key, (rank * perRank) + Read(key).Index);
        }

        var logit = Read(best).Logit;
        return float.IsFinite(logit) ? token : throw new ArithmeticException($"The largest logit, of token {token}, is {logit}.");
    }
}
