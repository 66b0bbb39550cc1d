using System.Runtime.CompilerServices;
using System.Text;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Support;

/// <summary>An emulated GPU with the kernels of a program.</summary>
internal sealed unsafe class TestGpu : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly nint module;

    public TestGpu(string ptx, EmulatorOptions? options = null)
    {
        Emulator.Use(options ?? new() { StepLimit = 5_000_000 });
        Context = Own(GpuContext.Open());
        Stream = Own(new GpuStream(Context));
        try
        {
            module = Load(ptx);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GpuContext Context { get; }

    public GpuStream Stream { get; }

    /// <summary>Compiles a program for the GPU.</summary>
    public static TestGpu Of(string source, EmulatorOptions? options = null, string architecture = "compute_90") => new(CudaSource.ToPtx(source, architecture), options);

    public DeviceBuffer<T> Buffer<T>(params T[] values)
        where T : unmanaged => Own(new DeviceBuffer<T>(Context, values));

    /// <summary>Makes a buffer that nobody has written.</summary>
    public DeviceBuffer<T> Unwritten<T>(int length)
        where T : unmanaged => Own(new DeviceBuffer<T>(Context, length));

    public static T[] Read<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }

    /// <summary>Launches a kernel and waits for it.</summary>
    public void Run(string kernel, Dim3 grid, Dim3 block, params object[] arguments) => Run(kernel, grid, block, 0, [], arguments);

    public void Run(string kernel, Dim3 grid, Dim3 block, int sharedBytes, LaunchOption[] options, params object[] arguments)
    {
        Launch(kernel, grid, block, sharedBytes, options, arguments);
        Stream.Synchronize();
    }

    /// <summary>Launches a kernel that makes a mistake, and gets the report about it.</summary>
    public KernelFault Fail(string kernel, Dim3 grid, Dim3 block, params object[] arguments)
    {
        Assert.That(() => Run(kernel, grid, block, arguments), Throws.TypeOf<GpuException>());
        return Emulator.Faults[0];
    }

    public void Launch(string kernel, Dim3 grid, Dim3 block, int sharedBytes, LaunchOption[] options, params object[] arguments)
    {
        Context.MakeCurrent();
        GpuDriver.Check(GpuDriver.Library.Module.GetFunction(module, kernel, out var function), kernel);
        // The largest argument is a tensor map.
        var values = stackalloc TensorMap[arguments.Length];
        var addresses = stackalloc void*[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            addresses[i] = &values[i];
            if (arguments[i] is TensorMap map) values[i] = map;
            else *(ulong*)addresses[i] = Bits(arguments[i]);
        }

        fixed (LaunchOption* first = options)
        {
            var config = new LaunchConfig
            {
                GridX = (uint)grid.X,
                GridY = (uint)grid.Y,
                GridZ = (uint)grid.Z,
                BlockX = (uint)block.X,
                BlockY = (uint)block.Y,
                BlockZ = (uint)block.Z,
                SharedBytes = (uint)sharedBytes,
                Stream = Stream.Handle,
                Options = first,
                OptionCount = (uint)options.Length,
            };
            GpuDriver.Check(GpuDriver.Library.Launch.Launch(&config, function, addresses), kernel);
        }
    }

    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
        Emulator.Leave();
    }

    private static ulong Bits(object argument) => argument switch
    {
        int value => (uint)value,
        uint value => value,
        long value => (ulong)value,
        ulong value => value,
        float value => BitConverter.SingleToUInt32Bits(value),
        double value => BitConverter.DoubleToUInt64Bits(value),
        DeviceBuffer<int> buffer => buffer.Pointer.Address,
        DeviceBuffer<uint> buffer => buffer.Pointer.Address,
        DeviceBuffer<ulong> buffer => buffer.Pointer.Address,
        DeviceBuffer<float> buffer => buffer.Pointer.Address,
        DeviceBuffer<double> buffer => buffer.Pointer.Address,
        DeviceBuffer<ushort> buffer => buffer.Pointer.Address,
        DeviceBuffer<byte> buffer => buffer.Pointer.Address,
        _ => throw new SwitchExpressionException(argument),
    };

    private static nint Load(string ptx)
    {
        var log = stackalloc byte[4096];
        log[0] = 0;
        fixed (byte* image = Encoding.UTF8.GetBytes(ptx + '\0'))
        {
            var result = GpuDriver.Library.Module.Load(
                image, [JitOption.ErrorLogBuffer, JitOption.ErrorLogBufferSizeBytes], [(nint)log, 4096], out var module);
            return result == CudaResult.Success ? module : throw GpuException.Of(
                result, "cuModuleLoadDataEx", System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)log)!);
        }
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}
