namespace Fusion.Interop.Driver;

/// <summary>Attribute of a device (<c>CUdevice_attribute</c>).</summary>
public enum DeviceProperty
{
    /// <summary>No attribute.</summary>
    None = 0,

    /// <summary>Largest number of threads in a block.</summary>
    MaxThreadsPerBlock = 1,

    /// <summary>Number of streaming multiprocessors.</summary>
    MultiprocessorCount = 16,

    /// <summary>Whether the device shares its addresses with the host, which IPC needs.</summary>
    UnifiedAddressing = 41,

    /// <summary>Major number of the compute capability.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Minor number of the compute capability.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>Largest shared memory of a block in bytes, for kernels that opt in.</summary>
    MaxSharedMemoryPerBlockOptin = 97,

    /// <summary>Whether the device takes <see cref="VirtualMemoryFunctions"/>.</summary>
    VirtualMemorySupported = 102,

    /// <summary>Whether memory of the device can be exported as a POSIX file descriptor.</summary>
    PosixDescriptorsSupported = 103,
}
