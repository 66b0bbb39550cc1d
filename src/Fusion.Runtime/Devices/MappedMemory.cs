using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>One value in host memory that every GPU of the process reads and writes while kernels run.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
internal sealed unsafe class MappedMemory<T> : IDisposable
    where T : unmanaged
{
    private readonly GpuContext context;
    private void* host;

    /// <exception cref="GpuException">The memory cannot be allocated.</exception>
    public MappedMemory(GpuContext context)
    {
        this.context = context;
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.HostMemory.Allocate((nuint)sizeof(T), out host), "cuMemHostAlloc");
        Unsafe.InitBlock(host, 0, (uint)sizeof(T));
        var result = GpuDriver.Library.HostMemory.GetDevicePointer(host, out var device);
        if (result != default) Dispose();
        GpuDriver.Check(result, "cuMemHostGetDevicePointer");
        DeviceAddress = device;
    }

    /// <summary>Reference to the value, which a GPU may change at any time: read its fields with
    /// <see cref="Volatile"/>.</summary>
    public ref T Value => ref host is null ? ref Unsafe.NullRef<T>() : ref *(T*)host;

    /// <summary>Address of the value on the GPU of the context.</summary>
    public ulong DeviceAddress { get; }

    /// <summary>Frees the memory. No kernel may use it any more.</summary>
    public void Dispose()
    {
        if (host is null) return;
        context.Free((nint)host, static address => GpuDriver.Library.HostMemory.Free((void*)address));
        host = null;
    }
}
