using System.Globalization;

namespace Fusion.Runtime;

/// <summary>What kind of memory an address is of.</summary>
internal enum MemoryKind
{
    /// <summary>The driver does not know it: memory of the host, or freed.</summary>
    Unknown,

    /// <summary>Pinned memory of the host.</summary>
    Host,

    /// <summary>Memory of a GPU.</summary>
    Device,

    /// <summary>Managed memory, which every GPU may use.</summary>
    Managed,
}

/// <summary>Where an address is.</summary>
/// <param name="Kind">What kind of memory.</param>
/// <param name="Gpu">Number of the GPU, of memory of a GPU.</param>
internal readonly record struct MemoryPlace(MemoryKind Kind, int Gpu)
{
    /// <summary>What the memory is, for a message that names its address before.</summary>
    public string Words() => Kind switch
    {
        MemoryKind.Device => string.Create(CultureInfo.InvariantCulture, $"memory of GPU {Gpu}"),
        MemoryKind.Host => "pinned memory of the host",
        _ => "which the CUDA driver does not know: memory of the host, or freed",
    };
}

/// <summary>Asks the driver about addresses.</summary>
internal interface IMemoryInspector
{
    /// <summary>Looks an address up. Allocates nothing.</summary>
    /// <param name="address">The address.</param>
    MemoryPlace Inspect(ulong address);
}
