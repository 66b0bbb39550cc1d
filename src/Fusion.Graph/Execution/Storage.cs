namespace Fusion.Graph;

/// <summary>Where a tensor lives.</summary>
internal enum StorageKind
{
    /// <summary>A buffer of its own, written before a run.</summary>
    Input,

    /// <summary>Memory that the user gives.</summary>
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

    /// <summary>Name of the value that it was made for.</summary>
    public required string Name { get; init; }

    public required long Bytes { get; init; }

    /// <summary>The op that writes it first.</summary>
    public required int First { get; init; }

    /// <summary>The op that reads or writes it last.</summary>
    public int Last { get; set; }

    /// <summary>Where in the shared memory it is.</summary>
    public long Offset { get; set; }

    public bool IsAliveWith(Storage other) => First <= other.Last && other.First <= Last;
}

/// <summary>A value's memory.</summary>
/// <param name="Storage">Whose.</param>
/// <param name="Offset">Bytes from its start.</param>
internal readonly record struct Place(Storage Storage, long Offset);
