namespace Llama.Model.Reference;

/// <summary>Keys and values of the tokens before, for ranks on the CPU.</summary>
public interface ICpuCache
{
    /// <summary>Keeps the key and the value of a token, of all of a rank's heads.</summary>
    /// <param name="place">Rank, layer and sequence.</param>
    /// <param name="position">Position of the token in its sequence.</param>
    /// <param name="key">The key, turned by its position.</param>
    /// <param name="value">The value.</param>
    void Put(CachePlace place, int position, float[] key, float[] value);

    /// <summary>Gets the key and the value of a token.</summary>
    /// <param name="place">Rank, layer and sequence.</param>
    /// <param name="position">Position of the token in its sequence.</param>
    (float[] Key, float[] Value) Find(CachePlace place, int position);
}

/// <summary>A part of a cache: what one rank keeps of one sequence in one layer.</summary>
/// <param name="Rank">Index of the rank.</param>
/// <param name="Layer">Index of the layer.</param>
/// <param name="Sequence">Number of the sequence.</param>
public readonly record struct CachePlace(int Rank, int Layer, int Sequence);

/// <summary>A cache that grows with its sequences, and insists that their tokens come in order.</summary>
internal sealed class GrowingCache : ICpuCache
{
    private readonly Dictionary<CachePlace, List<(float[] Key, float[] Value)>> tokens = [];

    public void Put(CachePlace place, int position, float[] key, float[] value)
    {
        if (!tokens.TryGetValue(place, out var found)) tokens[place] = found = [];
        if (position != found.Count)
            throw new InvalidOperationException($"Sequence {place.Sequence} has {found.Count} tokens; the next one is at position {position}.");
        found.Add((key, value));
    }

    public (float[] Key, float[] Value) Find(CachePlace place, int position) => tokens[place][position];

    public void Forget(int sequence)
    {
        foreach (var place in tokens.Keys.Where(place => place.Sequence == sequence).ToArray()) tokens.Remove(place);
    }
}

/// <summary>A cache of pages, as GPUs have it: a sequence finds its tokens by its list of pages, and what lies in a page is what was
/// written there last, by whichever sequence.</summary>
/// <param name="ranks">Number of ranks.</param>
/// <param name="layers">Number of layers.</param>
/// <param name="pages">Number of pages.</param>
/// <param name="pageSize">Number of tokens of a page.</param>
internal sealed class PagedCache(int ranks, int layers, int pages, int pageSize) : ICpuCache
{
    private readonly (float[]? Key, float[]? Value)[] tokens = new (float[]?, float[]?)[(long)ranks * layers * pages * pageSize];
    private IReadOnlyList<IReadOnlyList<int>> tables = [];

    /// <summary>Says which pages the sequences of the next step have.</summary>
    public void SetTables(IReadOnlyList<IReadOnlyList<int>> pagesOfSequences) => tables = pagesOfSequences;

    /// <summary>Forgets all that is in the pages.</summary>
    public void Clear() => Array.Clear(tokens);

    public void Put(CachePlace place, int position, float[] key, float[] value) => tokens[SlotOf(place, position)] = (key, value);

    public (float[] Key, float[] Value) Find(CachePlace place, int position)
    {
        var (key, value) = tokens[SlotOf(place, position)];
        return key is null || value is null
            ? throw new InvalidOperationException($"Position {position} of a sequence was never written to page {tables[place.Sequence][position / pageSize]}.")
            : (key, value);
    }

    private long SlotOf(CachePlace place, int position) =>
        ((((((long)place.Rank * layers) + place.Layer) * pages) + tables[place.Sequence][position / pageSize]) * pageSize) + (position % pageSize);
}
