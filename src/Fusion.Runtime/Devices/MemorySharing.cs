using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Way in which memory of a GPU can be mapped by other processes of the machine.</summary>
internal enum MemorySharing
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By a handle of CUDA IPC, which travels as bytes. Containers that do not share their namespace of processes refuse it.</summary>
    Ipc,

    /// <summary>By a file descriptor, which is passed through a Unix socket.</summary>
    Descriptor,
}

/// <summary>What another process needs to map memory of a GPU.</summary>
/// <param name="Sharing">Way in which it is mapped.</param>
/// <param name="Bytes">Size of the memory in bytes, a multiple of 2 MiB.</param>
/// <param name="Gpu">Identity of the GPU that has it, the same in every process; empty if the driver does not say.</param>
/// <param name="Handle">The 64 bytes of the IPC handle; empty for a descriptor, which cannot be written down.</param>
/// <param name="Offset">Offset of the memory in what the handle opens.</param>
internal sealed record MemoryExport(MemorySharing Sharing, long Bytes, Guid Gpu, ReadOnlyMemory<byte> Handle, long Offset);

/// <summary>What a GPU and its driver can do of <see cref="MemorySharing"/>.</summary>
internal static class SharingSupport
{
    /// <summary>Finds the reason for which memory of a GPU cannot be shared in a way.</summary>
    /// <param name="gpu">The GPU.</param>
    /// <param name="sharing">The way.</param>
    /// <returns>The reason, for a log or a message; null if driver and GPU can do it. Whether a container lets two processes do it shows
    /// when the memory is mapped.</returns>
    /// <exception cref="GpuException">The driver does not answer.</exception>
    public static string? FindObstacle(GpuDevice gpu, MemorySharing sharing)
    {
        if (sharing == MemorySharing.None) return null;
        if (!OperatingSystem.IsLinux()) return "processes share memory of a GPU only on Linux";
        if (sharing == MemorySharing.Ipc)
        {
            return !GpuDriver.Library.Ipc.IsAvailable ? "the driver has no functions for IPC"
                : Has(DeviceProperty.UnifiedAddressing) ? null : $"{gpu} does not share its addresses with the host, which IPC needs";
        }

        return !GpuDriver.Library.VirtualMemory.IsAvailable ? "the driver has no functions for virtual memory (it is older than CUDA 10.2)"
            : !Has(DeviceProperty.VirtualMemorySupported) ? $"{gpu} does not support virtual memory"
            : Has(DeviceProperty.PosixDescriptorsSupported) ? null : $"{gpu} does not give file descriptors of its memory";

        bool Has(DeviceProperty property)
        {
            GpuDriver.Check(GpuDriver.Library.Device.GetAttribute(gpu.Handle, property, out var value), "cuDeviceGetAttribute");
            return value != 0;
        }
    }
}
