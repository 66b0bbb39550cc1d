using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A GPU of this machine and its properties. It holds nothing that must be freed.</summary>
public sealed class GpuDevice : IEquatable<GpuDevice>
{
    private GpuDevice(int ordinal)
    {
        var device = GpuDriver.Library.Device;
        GpuDriver.Check(device.Get(ordinal, out var handle), "cuDeviceGet");
        GpuDriver.Check(device.GetName(handle, out var name), "cuDeviceGetName");
        GpuDriver.Check(device.GetTotalMemory(handle, out var memory), "cuDeviceTotalMem");
        Ordinal = ordinal;
        Handle = handle;
        Name = name;
        MemoryBytes = memory;
        Capability = new ComputeCapability(
            Ask(DeviceProperty.ComputeCapabilityMajor), Ask(DeviceProperty.ComputeCapabilityMinor));
        MultiprocessorCount = Ask(DeviceProperty.MultiprocessorCount);
        MaxThreadsPerBlock = Ask(DeviceProperty.MaxThreadsPerBlock);
        MaxSharedBytesPerBlock = Ask(DeviceProperty.MaxSharedMemoryPerBlockOptin);

        int Ask(DeviceProperty property)
        {
            GpuDriver.Check(device.GetAttribute(handle, property, out var value), "cuDeviceGetAttribute");
            return value;
        }
    }

    /// <summary>Number of GPUs that the driver sees; 0 without a driver.</summary>
    /// <exception cref="GpuException">There is a driver, but it does not start.</exception>
    public static int Count
    {
        get
        {
            if (!GpuDriver.IsAvailable || GpuDriver.Initialized == CudaResult.NoDevice) return 0;
            GpuDriver.Check(GpuDriver.Initialized, "cuInit");
            GpuDriver.Check(GpuDriver.Library.Device.GetCount(out var count), "cuDeviceGetCount");
            return count;
        }
    }

    /// <summary>Gets all GPUs that the driver sees, by ordinal; none without a driver.</summary>
    /// <exception cref="GpuException">There is a driver, but it does not start.</exception>
    public static IReadOnlyList<GpuDevice> GetAll() => [.. Enumerable.Range(0, Count).Select(ordinal => new GpuDevice(ordinal))];

    /// <summary>Ordinal of the GPU among those that the driver sees, from 0.</summary>
    public int Ordinal { get; }

    /// <summary>Product name of the GPU.</summary>
    public string Name { get; }

    /// <summary>Compute capability of the GPU, which says which images it runs.</summary>
    public ComputeCapability Capability { get; }

    /// <summary>Number of streaming multiprocessors.</summary>
    public int MultiprocessorCount { get; }

    /// <summary>Size of the GPU's memory in bytes.</summary>
    public long MemoryBytes { get; }

    /// <summary>Largest number of threads in a block.</summary>
    public int MaxThreadsPerBlock { get; }

    /// <summary>Largest shared memory of a block in bytes, static and dynamic together.</summary>
    public int MaxSharedBytesPerBlock { get; }

    internal int Handle { get; }

    /// <summary>Gets a GPU by its ordinal.</summary>
    /// <param name="ordinal">Ordinal of the GPU, from 0.</param>
    /// <exception cref="NoGpuException">There is no driver.</exception>
    /// <exception cref="NoGpuException">There is no GPU of that ordinal.</exception>
    /// <exception cref="GpuException">The driver does not answer.</exception>
    public static GpuDevice Get(int ordinal)
    {
        _ = GpuDriver.Library;
        var count = Count;
        return ordinal >= 0 && ordinal < count ? new GpuDevice(ordinal) : throw DeviceErrors.NoGpu(ordinal, count);
    }

    /// <summary>Tells whether the driver claims that this GPU can use another one's memory. Whether bytes really arrive is
    /// checked when a group is made (<see cref="RankGroup.OnGpus"/>).</summary>
    /// <param name="peer">The GPU that has the memory.</param>
    /// <exception cref="GpuException">The driver does not answer.</exception>
    public bool CanAccessPeer(GpuDevice peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Equals(peer)) return true;
        GpuDriver.Check(GpuDriver.Library.Peer.CanAccess(Handle, peer.Handle, out var can), "cuDeviceCanAccessPeer");
        return can;
    }

    /// <summary>Tells whether the other one is the same GPU.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(GpuDevice? other) => other is not null && other.Ordinal == Ordinal;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GpuDevice);

    /// <inheritdoc/>
    public override int GetHashCode() => Ordinal;

    /// <inheritdoc/>
    public override string ToString() => $"GPU {Ordinal}: {Name} ({Capability})";
}
