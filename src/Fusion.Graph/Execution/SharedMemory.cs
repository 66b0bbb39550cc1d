namespace Fusion.Graph;

/// <summary>Allocation of memory that values share one after the other.</summary>
internal static class SharedMemory
{
    /// <summary>Assigns each value an offset at which no other value is during its life: the largest value first, each at
    /// the lowest free offset.</summary>
    /// <param name="values">Values, whose offsets are set.</param>
    /// <returns>Size that all values need together, in bytes.</returns>
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
