using Fusion.Interop.Driver;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime;

/// <summary>Memory of a GPU that another process shares (<see cref="SharedDeviceMemory"/>), as kernels and copies of a context use it. The
/// GPU may be another one than the context's, if the driver allows peer access.</summary>
internal static class ImportedDeviceMemory
{
    /// <summary>Maps memory.</summary>
    /// <param name="context">Context that is to use it.</param>
    /// <param name="export">What the other process says of the memory.</param>
    /// <param name="descriptor">The memory's descriptor, if it is shared by one; it is closed, also if this throws.</param>
    /// <returns>The memory in this process, to be disposed before the other process frees it.</returns>
    /// <exception cref="GpuException">The driver refuses: the other process has ended or freed the memory, the GPUs have no peer access, or
    /// a container forbids it.</exception>
    /// <exception cref="ArgumentException">What the other process says is no export.</exception>
    public static DeviceMemory Open(GpuContext context, MemoryExport export, SafeFileHandle? descriptor = null)
    {
        using (descriptor)
        {
            if (export.Bytes <= 0 || export.Offset < 0 || export.Offset > long.MaxValue - export.Bytes)
                throw new ArgumentException($"Memory of {export.Bytes} bytes at offset {export.Offset} cannot be: a peer sent something else than it exported.", nameof(export));
            return export.Sharing switch
            {
                MemorySharing.Ipc => OpenHandle(context, export),
                MemorySharing.Descriptor when descriptor is not null => OpenDescriptor(context, descriptor, (nuint)export.Bytes),
                _ => throw new ArgumentException($"Memory that is shared by {export.Sharing} comes with its handle or descriptor.", nameof(export)),
            };
        }
    }

    private static DeviceMemory OpenHandle(GpuContext context, MemoryExport export)
    {
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Ipc.Open(IpcMemoryHandle.Of(export.Handle.Span), out var start), "cuIpcOpenMemHandle");
        var handle = new NativeHandle(context, (nint)start, "opened memory", Close);
        try
        {
            // Kernels would find out by an illegal address, after which the context is lost.
            var end = (ulong)export.Offset + (ulong)export.Bytes;
            var result = GpuDriver.Library.Address.GetAllocation(start, out _, out var first, out var size);
            if (result == CudaResult.Success && first == start && size < end)
            {
                throw new ArgumentException(
                    $"A peer's memory has {size} bytes: expected {export.Bytes} at offset {export.Offset}, which it announced.", nameof(export));
            }

            return DeviceMemory.Owning(context, start + (ulong)export.Offset, (nuint)export.Bytes, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static DeviceMemory OpenDescriptor(GpuContext context, SafeFileHandle descriptor, nuint bytes)
    {
        // The mapping keeps the memory.
        using var physical = PhysicalDeviceMemory.Import(context, descriptor, bytes);
        return physical.Map();
    }

    private static CudaResult Close(nint address)
    {
        PhysicalDeviceMemory.WaitForKernels();
        return GpuDriver.Library.Ipc.Close((ulong)address);
    }
}
