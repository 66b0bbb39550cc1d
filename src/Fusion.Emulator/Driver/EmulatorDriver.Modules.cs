using System.Runtime.InteropServices;
using System.Text;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <content>Functions for modules, kernels and launches.</content>
internal sealed unsafe partial class EmulatorDriver
{
    private static nint Module(string name) => name switch
    {
        "cuModuleLoadDataEx" => (nint)(delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)&LoadModule,
        "cuModuleUnload" => (nint)(delegate* unmanaged<nint, CudaResult>)&UnloadModule,
        "cuModuleGetFunction" => (nint)(delegate* unmanaged<nint*, nint, byte*, CudaResult>)&GetFunction,
        "cuModuleGetGlobal_v2" => (nint)(delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult>)&GetGlobal,
        "cuFuncGetAttribute" => (nint)(delegate* unmanaged<int*, FunctionProperty, nint, CudaResult>)&GetFunctionAttribute,
        "cuFuncSetAttribute" => (nint)(delegate* unmanaged<nint, FunctionProperty, int, CudaResult>)&SetFunctionAttribute,
        "cuFuncLoad" => (nint)(delegate* unmanaged<nint, CudaResult>)&LoadFunction,
        "cuFuncGetParamInfo" => (nint)(delegate* unmanaged<nint, nuint, nuint*, nuint*, CudaResult>)&GetParameter,
        "cuOccupancyMaxActiveBlocksPerMultiprocessor" => (nint)(delegate* unmanaged<int*, nint, int, nuint, CudaResult>)&GetMaxActiveBlocks,
        "cuOccupancyMaxActiveClusters" => (nint)(delegate* unmanaged<int*, nint, LaunchConfig*, CudaResult>)&GetMaxActiveClusters,
        "cuLaunchKernelEx" => (nint)(delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult>)&LaunchKernel,
        _ => 0,
    };

    [UnmanagedCallersOnly]
    private static CudaResult LoadModule(nint* module, void* image, uint count, JitOption* options, void** values)
    {
        if (OfContext(State.Context) is var result and not CudaResult.Success) return result;
        try
        {
            return Give(module, State.Make(new LoadedImage(ImageReader.Read((byte*)image, State.Machine.Options), State.Context!)));
        }
        catch (PtxException e)
        {
            WriteLog(e.Message, count, options, values);
            return e.Code is PtxException.NoPtx or PtxException.NewerTarget ? CudaResult.NoBinaryForGpu : CudaResult.InvalidPtx;
        }
    }

    private static void WriteLog(string text, uint count, JitOption* options, void** values)
    {
        var (buffer, size) = ((nint)0, 0);
        for (var i = 0; i < count; i++)
        {
            if (options[i] == JitOption.ErrorLogBuffer) buffer = (nint)values[i];
            if (options[i] == JitOption.ErrorLogBufferSizeBytes) size = (int)(nint)values[i];
        }

        if (buffer == 0 || size <= 0) return;
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
        var length = Math.Min(bytes.Length, size - 1);
        bytes[..length].CopyTo(new Span<byte>((void*)buffer, size));
        ((byte*)buffer)[length] = 0;
    }

    [UnmanagedCallersOnly]
    private static CudaResult UnloadModule(nint module)
    {
        if (State.Remove<LoadedImage>(module) is not { } image) return InvalidHandle;
        WaitFor(image.Context.Gpu);
        image.Forget(State);
        image.Dispose();
        return CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetFunction(nint* function, nint module, byte* name)
    {
        if (State.Find<LoadedImage>(module) is not { } image) return InvalidHandle;
        *function = image.Function(Marshal.PtrToStringUTF8((nint)name)!, State);
        return *function == 0 ? CudaResult.NotFound : CudaResult.Success;
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetGlobal(ulong* address, nuint* bytes, nint module, byte* name)
    {
        if (State.Find<LoadedImage>(module) is not { } image) return InvalidHandle;
        if (image.Variable(Marshal.PtrToStringUTF8((nint)name)!) is not { } variable) return CudaResult.NotFound;
        if (bytes != null) *bytes = (nuint)variable.Bytes;
        return Give(address, variable.Start);
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetFunctionAttribute(int* value, FunctionProperty property, nint function)
    {
        if (State.Find<LoadedFunction>(function) is not { } found) return InvalidHandle;
        return (int)property switch
        {
            0 => Give(value, found.MaxThreads),
            1 => Give(value, found.Code.Flat.SharedBytes),
            3 => Give(value, found.Code.Flat.LocalBytes),
            8 => Give(value, found.MaxDynamicSharedBytes),
            14 => Give(value, found.AllowsLargeClusters ? 1 : 0),
            // Constant memory, registers and versions say nothing of an emulated kernel.
            2 or 4 or 5 or 6 or 7 or 9 => Give(value, 0),
            _ => CudaResult.InvalidValue,
        };
    }

    [UnmanagedCallersOnly]
    private static CudaResult SetFunctionAttribute(nint function, FunctionProperty property, int value)
    {
        if (State.Find<LoadedFunction>(function) is not { } found) return InvalidHandle;
        switch (property)
        {
            case FunctionProperty.MaxDynamicSharedSizeBytes:
                if (value < 0 || value + found.Code.Flat.SharedBytes > Gpu.SharedBytesOfABlock) return CudaResult.InvalidValue;
                found.MaxDynamicSharedBytes = value;
                return CudaResult.Success;
            case FunctionProperty.NonPortableClusterSizeAllowed:
                found.AllowsLargeClusters = value != 0;
                return CudaResult.Success;
            default:
                return CudaResult.InvalidValue;
        }
    }

    [UnmanagedCallersOnly]
    private static CudaResult LoadFunction(nint function) => State.Find<LoadedFunction>(function) is null ? InvalidHandle : CudaResult.Success;

    [UnmanagedCallersOnly]
    private static CudaResult GetParameter(nint function, nuint index, nuint* offset, nuint* size)
    {
        if (State.Find<LoadedFunction>(function) is not { } found) return InvalidHandle;
        if (index >= (nuint)found.Code.Flat.Parameters.Count) return CudaResult.InvalidValue;
        var (start, bytes) = found.Code.Flat.Parameters[(int)index];
        if (size != null) *size = (nuint)bytes;
        return Give(offset, (nuint)start);
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetMaxActiveBlocks(int* blocks, nint function, int threads, nuint sharedBytes)
    {
        if (State.Find<LoadedFunction>(function) is not { } found) return InvalidHandle;
        return Give(blocks, threads > found.MaxThreads ? 0 : Gpu.ResidentBlocks(threads, found.Code.Flat.SharedBytes + (int)sharedBytes));
    }

    [UnmanagedCallersOnly]
    private static CudaResult GetMaxActiveClusters(int* clusters, nint function, LaunchConfig* config)
    {
        if (State.Find<LoadedFunction>(function) is not { } found) return InvalidHandle;
        var launch = LaunchReader.Read(config, found);
        var shape = launch.Cluster;
        var blocks = Gpu.ResidentBlocks(launch.Threads, found.Code.Flat.SharedBytes + (int)config->SharedBytes) * State.Machine.Options.Multiprocessors;
        return Give(clusters, blocks / (shape.X * shape.Y * shape.Z));
    }

    [UnmanagedCallersOnly]
    private static CudaResult LaunchKernel(LaunchConfig* config, nint function, void** arguments, void** extra)
    {
        if (State.Find<LoadedFunction>(function) is not { } found || State.Stream(config->Stream) is not { } queue) return InvalidHandle;
        if (queue.Gpu != found.Image.Context.Gpu) return InvalidContext;
        var launch = LaunchReader.Read(config, found);
        if (launch.Check(found, State.Machine.Options) is var result and not CudaResult.Success) return result;
        return Enqueue(queue, new KernelItem(launch.Request(found, arguments)));
    }
}
