namespace Fusion.Graph;

/// <summary>Kind of memory that a value has.</summary>
internal enum StorageKind
{
    /// <summary>A buffer of its own, written before a run.</summary>
    Input,

    /// <summary>Memory to which the caller binds a weight.</summary>
    Weight,

    /// <summary>A buffer of its own, to be read after a run.</summary>
    Output,

    /// <summary>A part of the memory that values share one after the other.</summary>
    Shared,
}

/// <summary>Memory of one value, of the views of it, and of the values that replace it in place.</summary>
internal sealed class Storage
{
    public required StorageKind Kind { get; set; }

    /// <summary>Name of the first value in the memory.</summary>
    public required string Name { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Index of the op that writes the memory first; -1 for inputs and weights.</summary>
    public required int First { get; init; }

    /// <summary>Index of the op that reads or writes the memory last.</summary>
    public int Last { get; set; }

    /// <summary>Offset in the shared memory, in bytes.</summary>
    public long Offset { get; set; }

    public bool IsAliveWith(Storage other) => First <= other.Last && other.First <= Last;
}

/// <summary>Place of a value in memory.</summary>
/// <param name="Storage">Memory that the value is in.</param>
/// <param name="Offset">Offset from the start of that memory, in bytes.</param>
internal readonly record struct Place(Storage Storage, long Offset);
