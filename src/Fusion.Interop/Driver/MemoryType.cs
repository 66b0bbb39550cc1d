namespace Fusion.Interop.Driver;

/// <summary>Type of the memory that an address is in (<c>CUmemorytype</c>).</summary>
public enum MemoryType
{
    /// <summary>Memory that the driver does not know.</summary>
    Unknown = 0,

    /// <summary>Pinned host memory.</summary>
    Host = 1,

    /// <summary>Memory of a GPU.</summary>
    Device = 2,

    /// <summary>CUDA array.</summary>
    Array = 3,

    /// <summary>Unified memory.</summary>
    Unified = 4,
}
