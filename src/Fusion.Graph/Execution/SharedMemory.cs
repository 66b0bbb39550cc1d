namespace Fusion.Graph;

/// <summary>Memory that values share one after the other.</summary>
internal static class SharedMemory
{
    /// <summary>Gives each value an offset at which no other one is while it lives: the largest first, each at the lowest place
    /// that is free.</summary>
    /// <param name="values">The values. Their offsets are set.</param>
    /// <returns>Bytes that all of them need together.</returns>
    public static long Place(IEnumerable<Storage> values)
    {
        var placed = new List<Storage>();
        var bytes = 0L;
        foreach (var storage in values.OrderByDescending(storage => storage.Bytes).ThenBy(storage => storage.First))
        {
            foreach (var other in placed.Where(storage.IsAliveWith).OrderBy(other => other.Offset))
            {
                if (storage.Offset + storage.Bytes <= other.Offset) break;
                storage.Offset = Math.Max(storage.Offset, other.Offset + other.Bytes);
            }

            placed.Add(storage);
            bytes = Math.Max(bytes, storage.Offset + storage.Bytes);
        }

        return bytes;
    }
}
