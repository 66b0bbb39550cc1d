using System.Reflection;
using System.Text;
using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>An image loaded on a GPU, with all its kernels.</summary>
internal sealed unsafe class LoadedModule : IDisposable
{
    private const int LogBytes = 8192;

    private readonly NativeHandle handle;

    /// <exception cref="KernelLoadException">The image differs from the manifest.</exception>
    /// <exception cref="KernelLoadException">The image is newer than the driver.</exception>
    /// <exception cref="KernelLoadException">The kernels of the image differ from those in the manifest.</exception>
    /// <exception cref="GpuException">The driver cannot load the image.</exception>
    public LoadedModule(GpuContext context, Assembly assembly, ImageChoice choice, Version? nvrtc)
    {
        var image = choice.Image ?? throw new ArgumentException("No image was chosen.", nameof(choice));
        Context = context;
        Choice = choice;
        using (var bytes = ImageBytes.Open(assembly, image))
            handle = new(context, Load(bytes, choice.Module, image, nvrtc), "module", GpuDriver.Library.Module.Unload);
        try
        {
            Kernels = [.. image.Kernels.Select(entry => Kernel(entry, image))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GpuContext Context { get; }

    public ImageChoice Choice { get; }

    public IReadOnlyList<Kernel> Kernels { get; }

    public bool IsDisposed => handle.IsDisposed;

    public void Dispose() => handle.Dispose();

    /// <summary>Gets the memory of a variable.</summary>
    /// <param name="symbol">Symbol of the variable in the image.</param>
    /// <returns>The memory, which ends with the module; null if the image has no such variable.</returns>
    /// <exception cref="ObjectDisposedException">The module is unloaded.</exception>
    public DeviceMemory? FindVariable(string symbol)
    {
        using var lease = Lease();
        Context.MakeCurrent();
        var result = GpuDriver.Library.Module.GetGlobal(handle.Value, symbol, out var address, out var bytes);
        if (result == CudaResult.NotFound) return null;
        GpuDriver.Check(result, "cuModuleGetGlobal");
        return DeviceMemory.OfVariable(Context, address, bytes, handle);
    }

    /// <summary>Keeps the module from being unloaded until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The module is unloaded.</exception>
    public HandleLease Lease() => handle.Lease();

    private static nint Load(ImageBytes bytes, KernelModule module, KernelImage image, Version? nvrtc)
    {
        var log = stackalloc byte[LogBytes];
        log[0] = 0;
        var result = GpuDriver.Library.Module.Load(
            bytes.Pointer, [JitOption.ErrorLogBuffer, JitOption.ErrorLogBufferSizeBytes], [(nint)log, LogBytes], out var handle);
        if (result == CudaResult.Success) return handle;

        if (result == CudaResult.UnsupportedPtxVersion && image.Kind == ImageKind.Ptx)
            throw LoadErrors.DriverTooOldForPtx(module, image, GpuDriver.Version);
        if (image.Kind == ImageKind.Cubin && nvrtc is not null && nvrtc.Major > GpuDriver.Version.Major)
            throw LoadErrors.DriverTooOldForCubin(module, image, nvrtc, GpuDriver.Version);

        var text = new ReadOnlySpan<byte>(log, LogBytes);
        var end = Math.Max(text.IndexOf((byte)0), 0);
        throw GpuException.Of(
            result, "cuModuleLoadDataEx", $"It was to load '{image.Resource}'. {Encoding.UTF8.GetString(text[..end])}".Trim());
    }

    private Kernel Kernel(KernelEntry entry, KernelImage image)
    {
        var functions = GpuDriver.Library.Module;
        var result = functions.GetFunction(handle.Value, entry.Symbol, out var function);
        if (result == CudaResult.NotFound)
        {
            throw LoadErrors.KernelMismatch(
                Choice.Module.Name, entry.Name, image.Architecture, $"the image has no symbol '{entry.Symbol}'");
        }

        GpuDriver.Check(result, "cuModuleGetFunction");
        // Otherwise the first launch loads the function and waits for kernels that run: a deadlock if one of them waits for
        // a peer. On drivers without this call, reading an attribute, as below, loads it.
        if (functions.CanLoadFunction) GpuDriver.Check(functions.LoadFunction(function), "cuFuncLoad");
        if (functions.CanGetParameter)
        {
            ParameterCheck.Check(
                Choice.Module.Name, image.Architecture, entry, ParametersOf(function), isPtx: image.Kind == ImageKind.Ptx);
        }

        var device = Context.Device;
        var limits = new LaunchLimits(
            device.Capability,
            AttributeOf(function, FunctionProperty.MaxThreadsPerBlock),
            AttributeOf(function, FunctionProperty.SharedSizeBytes),
            device.MaxSharedBytesPerBlock)
        {
            IsCodeForHopper = RowSplit.HasClusters(GpuArchitecture.Parse(image.Architecture).Capability),
        };
        return new Kernel(this, entry, function, limits);
    }

    private static List<(int Offset, int Size)> ParametersOf(nint function)
    {
        var parameters = new List<(int, int)>();
        while (true)
        {
            var result = GpuDriver.Library.Module.GetParameter(function, parameters.Count, out var offset, out var size);
            if (result == CudaResult.InvalidValue) return parameters;
            GpuDriver.Check(result, "cuFuncGetParamInfo");
            parameters.Add((offset, size));
        }
    }

    private static int AttributeOf(nint function, FunctionProperty property)
    {
        GpuDriver.Check(GpuDriver.Library.Module.GetAttribute(function, property, out var value), "cuFuncGetAttribute");
        return value;
    }
}
