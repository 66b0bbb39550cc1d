namespace Fusion.Interop.Driver;

/// <summary>What can be asked of a device (<c>CUdevice_attribute</c>).</summary>
public enum DeviceProperty
{
    /// <summary>Not an attribute.</summary>
    None = 0,

    /// <summary>The most threads in a block.</summary>
    MaxThreadsPerBlock = 1,

    /// <summary>Number of streaming multiprocessors.</summary>
    MultiprocessorCount = 16,

    /// <summary>Major number of the compute capability.</summary>
    ComputeCapabilityMajor = 75,

    /// <summary>Minor number of the compute capability.</summary>
    ComputeCapabilityMinor = 76,

    /// <summary>The most shared memory of a block in bytes, for kernels that opt in.</summary>
    MaxSharedMemoryPerBlockOptin = 97,
}
