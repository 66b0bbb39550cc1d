using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Asks the CUDA driver what an address is.</summary>
internal sealed class DriverMemoryInspector : IMemoryInspector
{
    public static DriverMemoryInspector Instance { get; } = new();

    public MemoryPlace Inspect(ulong address)
    {
        GpuDriver.Check(
            GpuDriver.Library.Address.GetLocation(address, out var type, out var isManaged, out var gpu),
            "cuPointerGetAttributes");
        var kind = isManaged ? MemoryKind.Managed : type switch
        {
            MemoryType.Host => MemoryKind.Host,
            MemoryType.Device => MemoryKind.Device,
            _ => MemoryKind.Unknown,
        };
        return new(kind, gpu);
    }
}
