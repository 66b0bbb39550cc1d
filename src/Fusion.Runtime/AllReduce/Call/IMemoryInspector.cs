using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Kind of memory that an address belongs to.</summary>
internal enum MemoryKind
{
    /// <summary>Memory that the driver does not know: pageable host memory, or freed memory.</summary>
    Unknown,

    /// <summary>Pinned host memory.</summary>
    Host,

    /// <summary>Memory of a GPU.</summary>
    Device,

    /// <summary>Managed memory, which every GPU may use.</summary>
    Managed,
}

/// <summary>Memory that an address belongs to.</summary>
/// <param name="Kind">Kind of the memory.</param>
/// <param name="Gpu">Ordinal of the GPU, for memory of a GPU.</param>
internal readonly record struct MemoryPlace(MemoryKind Kind, int Gpu)
{
    /// <summary>Describes the memory, for a message that names its address before.</summary>
    public string Words() => Kind switch
    {
        MemoryKind.Device => string.Create(CultureInfo.InvariantCulture, $"memory of GPU {Gpu}"),
        MemoryKind.Host => "pinned memory of the host",
        _ => "which the CUDA driver does not know: memory of the host, or freed",
    };
}

/// <summary>Source of what kind of memory an address belongs to.</summary>
internal interface IMemoryInspector
{
    /// <summary>Finds the memory that an address belongs to. Allocates nothing.</summary>
    /// <param name="address">The address.</param>
    MemoryPlace Inspect(ulong address);
}
