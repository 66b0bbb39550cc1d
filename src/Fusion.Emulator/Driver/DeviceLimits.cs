using Fusion.Emulation.Machine;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <summary>Attributes of an emulated GPU, by their numbers in CUDA's header. What is not listed is 0.</summary>
internal static class DeviceLimits
{
    public static int Of(DeviceProperty property, EmulatorOptions options) => (int)property switch
    {
        1 => Gpu.ThreadsOfABlock,
        2 or 3 => 1024,
        4 => 64,
        5 => int.MaxValue,
        6 or 7 => 65535,
        8 => 48 << 10,
        9 => 64 << 10,
        10 => 32,
        12 => 65536,
        13 => 1_000_000,
        16 => options.Multiprocessors,
        // Unified addressing.
        19 => 1,
        // Mapped memory of the host.
        29 or 41 => 1,
        39 => Gpu.ThreadsOfAMultiprocessor,
        75 => options.Capability.Major,
        76 => options.Capability.Minor,
        81 => Gpu.SharedBytesOfAMultiprocessor,
        95 => 1,
        97 => Gpu.SharedBytesOfABlock,
        // Virtual memory, and descriptors of it.
        102 or 103 => SharedPages.IsSupported ? 1 : 0,
        106 => Gpu.BlocksOfAMultiprocessor,
        115 => 1,
        120 => options.Capability.Major >= 9 ? 1 : 0,
        _ => 0,
    };
}
