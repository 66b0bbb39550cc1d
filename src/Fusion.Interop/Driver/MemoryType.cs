namespace Fusion.Interop.Driver;

/// <summary>What memory an address is of (<c>CUmemorytype</c>).</summary>
public enum MemoryType
{
    /// <summary>None that the driver knows.</summary>
    Unknown = 0,

    /// <summary>Pinned host memory.</summary>
    Host = 1,

    /// <summary>Memory of a GPU.</summary>
    Device = 2,

    /// <summary>An array.</summary>
    Array = 3,

    /// <summary>Unified.</summary>
    Unified = 4,
}
