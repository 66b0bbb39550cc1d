using System.Runtime.InteropServices;
using Fusion.Interop.Driver;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime;

/// <summary>Memory of a GPU that has no address by itself: made here, or in another process that gave a descriptor of it.</summary>
internal sealed partial class PhysicalDeviceMemory : IDisposable
{
    private const int SetFlags = 2;
    private const int CloseOnExec = 1;

    private readonly GpuContext context;
    private readonly NativeHandle handle;
    private readonly nuint bytes;

    private PhysicalDeviceMemory(GpuContext context, ulong memory, nuint bytes)
    {
        (this.context, this.bytes) = (context, bytes);
        handle = new(context, (nint)memory, "physical memory", static memory => GpuDriver.Library.VirtualMemory.Release((ulong)memory));
    }

    /// <summary>Allocates memory of the context's GPU.</summary>
    /// <param name="context">The context.</param>
    /// <param name="bytes">Size in bytes, a multiple of the driver's unit.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public static PhysicalDeviceMemory Create(GpuContext context, nuint bytes)
    {
        var functions = GpuDriver.Library.VirtualMemory;
        context.MakeCurrent();
        var result = functions.Create(context.Device.Handle, bytes, out var memory);
        // What was forgotten may still hold memory.
        if (result == CudaResult.OutOfMemory && Reclaimer.Flush(GpuDrain.Grace))
        {
            context.MakeCurrent();
            result = functions.Create(context.Device.Handle, bytes, out memory);
        }

        GpuDriver.Check(result, "cuMemCreate");
        return new(context, memory, bytes);
    }

    /// <summary>Opens memory by its descriptor.</summary>
    /// <param name="context">Context whose GPU is to use it.</param>
    /// <param name="descriptor">The descriptor, which can be closed afterwards.</param>
    /// <param name="bytes">Size in bytes that the other process announced.</param>
    /// <exception cref="GpuException">The descriptor is of something else, or the driver refuses.</exception>
    public static PhysicalDeviceMemory Import(GpuContext context, SafeFileHandle descriptor, nuint bytes)
    {
        context.MakeCurrent();
        var isKept = false;
        try
        {
            descriptor.DangerousAddRef(ref isKept);
            GpuDriver.Check(
                GpuDriver.Library.VirtualMemory.Import((int)descriptor.DangerousGetHandle(), out var memory), "cuMemImportFromShareableHandle");
            return new(context, memory, bytes);
        }
        finally
        {
            if (isKept) descriptor.DangerousRelease();
        }
    }

    /// <summary>Maps the memory for the context's GPU.</summary>
    /// <returns>The memory, which is unmapped when it is disposed, and keeps this.</returns>
    /// <exception cref="GpuException">The size is another one, or the GPU cannot reach the memory.</exception>
    public DeviceMemory Map()
    {
        var functions = GpuDriver.Library.VirtualMemory;
        using var lease = handle.Lease();
        context.MakeCurrent();
        GpuDriver.Check(functions.ReserveAddress(bytes, out var address), "cuMemAddressReserve");
        var result = functions.Map(address, bytes, (ulong)handle.Value);
        if (result != CudaResult.Success)
        {
            _ = functions.FreeAddress(address, bytes);
            GpuDriver.Check(result, "cuMemMap");
        }

        result = functions.SetAccess(address, bytes, context.Device.Handle);
        if (result != CudaResult.Success)
        {
            _ = functions.Unmap(address, bytes);
            _ = functions.FreeAddress(address, bytes);
            GpuDriver.Check(result, "cuMemSetAccess");
        }

        return DeviceMemory.Owning(context, address, bytes, new(context, (nint)address, "mapped memory of a GPU", Unmap));
    }

    /// <summary>Makes a file descriptor of the memory.</summary>
    /// <exception cref="GpuException">The driver refuses, or the process has too many open files.</exception>
    public SafeFileHandle Export()
    {
        using var lease = handle.Lease();
        context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.VirtualMemory.Export((ulong)handle.Value, out var descriptor), "cuMemExportToShareableHandle");
        // A program that is started later would keep the memory.
        _ = Control(descriptor, SetFlags, CloseOnExec);
        return new(descriptor, ownsHandle: true);
    }

    /// <summary>Lets the memory go; it is freed when nothing maps it.</summary>
    public void Dispose() => handle.Dispose();

    /// <summary>Waits for the work of the current context, as freeing memory does by itself and unmapping does not.</summary>
    internal static void WaitForKernels()
    {
        // While a stream is being recorded the driver does not say when the others are done.
        var end = Deadline.After(GpuDrain.Grace);
        while (GpuDriver.Library.Context.Synchronize() == CudaResult.StreamCaptureUnsupported && !end.IsOver) Thread.Sleep(1);
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int descriptor, int command, int argument);

    private CudaResult Unmap(nint address)
    {
        WaitForKernels();
        var result = GpuDriver.Library.VirtualMemory.Unmap((ulong)address, bytes);
        return result == CudaResult.Success ? GpuDriver.Library.VirtualMemory.FreeAddress((ulong)address, bytes) : result;
    }
}
