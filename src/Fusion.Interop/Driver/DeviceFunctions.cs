using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for devices and their properties.</summary>
public sealed unsafe class DeviceFunctions
{
    private const int NameBytes = 256;

    private readonly delegate* unmanaged<int*, CudaResult> getCount;
    private readonly delegate* unmanaged<int*, int, CudaResult> get;
    private readonly delegate* unmanaged<byte*, int, int, CudaResult> getName;
    private readonly delegate* unmanaged<nuint*, int, CudaResult> totalMemory;
    private readonly delegate* unmanaged<int*, DeviceProperty, int, CudaResult> getAttribute;
    private readonly delegate* unmanaged<byte*, int, CudaResult> getUuid;

    internal DeviceFunctions(IExportTable exports)
    {
        getCount = (delegate* unmanaged<int*, CudaResult>)exports.Get("cuDeviceGetCount");
        get = (delegate* unmanaged<int*, int, CudaResult>)exports.Get("cuDeviceGet");
        getName = (delegate* unmanaged<byte*, int, int, CudaResult>)exports.Get("cuDeviceGetName");
        totalMemory = (delegate* unmanaged<nuint*, int, CudaResult>)exports.Get("cuDeviceTotalMem_v2");
        getAttribute = (delegate* unmanaged<int*, DeviceProperty, int, CudaResult>)
            exports.Get("cuDeviceGetAttribute");
        // Drivers before CUDA 11.4 lack the second version, which tells parts of a GPU (MIG) from each other.
        if (exports.TryGet("cuDeviceGetUuid_v2", out var uuid) || exports.TryGet("cuDeviceGetUuid", out uuid))
            getUuid = (delegate* unmanaged<byte*, int, CudaResult>)uuid;
    }

    /// <summary>Calls <c>cuDeviceGetUuid</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="uuid">Identity of the device, the same in every process, written as nvidia-smi writes it.</param>
    /// <returns><see cref="CudaResult.NotFound"/> if the driver does not have the function.</returns>
    public CudaResult GetUuid(int device, out Guid uuid)
    {
        const int size = 16;
        var bytes = stackalloc byte[size];
        var result = getUuid is null ? CudaResult.NotFound : getUuid(bytes, device);
        uuid = result == CudaResult.Success ? new(new ReadOnlySpan<byte>(bytes, size), bigEndian: true) : default;
        return result;
    }

    /// <summary>Calls <c>cuDeviceGetCount</c>.</summary>
    /// <param name="count">Number of GPUs.</param>
    public CudaResult GetCount(out int count)
    {
        fixed (int* p = &count) return getCount(p);
    }

    /// <summary>Calls <c>cuDeviceGet</c>.</summary>
    /// <param name="ordinal">Ordinal of the device, from 0.</param>
    /// <param name="device">The device.</param>
    public CudaResult Get(int ordinal, out int device)
    {
        fixed (int* p = &device) return get(p, ordinal);
    }

    /// <summary>Calls <c>cuDeviceGetName</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="name">Product name of the device.</param>
    public CudaResult GetName(int device, out string name)
    {
        var text = stackalloc byte[NameBytes];
        text[0] = 0;
        var result = getName(text, NameBytes, device);
        name = Marshal.PtrToStringUTF8((nint)text) ?? "";
        return result;
    }

    /// <summary>Calls <c>cuDeviceTotalMem</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Size of the device's memory in bytes.</param>
    public CudaResult GetTotalMemory(int device, out long bytes)
    {
        nuint value = 0;
        var result = totalMemory(&value, device);
        bytes = (long)value;
        return result;
    }

    /// <summary>Calls <c>cuDeviceGetAttribute</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="attribute">Attribute to read.</param>
    /// <param name="value">Value of the attribute.</param>
    public CudaResult GetAttribute(int device, DeviceProperty attribute, out int value)
    {
        fixed (int* p = &value) return getAttribute(p, attribute, device);
    }
}
