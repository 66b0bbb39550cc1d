using System.Runtime.CompilerServices;

namespace Fusion.Runtime;

/// <summary>One value in host memory that every GPU of the process reads and writes while kernels run.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
internal sealed unsafe class MappedMemory<T> : IDisposable
    where T : unmanaged
{
    private readonly NativeHandle handle;

    /// <exception cref="GpuException">The memory cannot be allocated.</exception>
    public MappedMemory(GpuContext context)
    {
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.HostMemory.Allocate((nuint)sizeof(T), out var host), "cuMemHostAlloc");
        handle = new(context, (nint)host, "mapped memory", static address => GpuDriver.Library.HostMemory.Free((void*)address));
        Unsafe.InitBlock(host, 0, (uint)sizeof(T));
        var result = GpuDriver.Library.HostMemory.GetDevicePointer(host, out var device);
        if (result != default) Dispose();
        GpuDriver.Check(result, "cuMemHostGetDevicePointer");
        DeviceAddress = device;
    }

    /// <summary>Reference to the value, which a GPU may change at any time: read its fields with
    /// <see cref="Volatile"/>.</summary>
    public ref T Value => ref handle.IsDisposed ? ref Unsafe.NullRef<T>() : ref *(T*)handle.Value;

    /// <summary>Address of the value on the GPU of the context.</summary>
    public ulong DeviceAddress { get; }

    /// <summary>Keeps the memory, also if it is disposed or forgotten, until <see cref="Release"/>.</summary>
    public void Keep() => handle.Keep();

    /// <summary>Ends a <see cref="Keep"/>.</summary>
    public void Release() => handle.Release();

    /// <summary>Frees the memory. No kernel may use it any more.</summary>
    public void Dispose() => handle.Dispose();
}
