using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Tests on GPU 0. A machine without a GPU leaves them out (<see cref="GpuOfThisMachine"/>).</summary>
public abstract class GpuTest(ImageKind? kind = null)
{
    private GpuContext? context;
    private GpuStream? stream;
    private KernelLibrary? kernels;

    protected GpuContext Context => context!;

    protected GpuStream Stream => stream!;

    /// <summary>The kernels of this assembly.</summary>
    protected KernelLibrary Kernels => kernels!;

    [OneTimeSetUp]
    public void OpenGpu()
    {
        context = GpuContext.Open();
        stream = new GpuStream(Context);
        kernels = LoadKernels();
    }

    [OneTimeTearDown]
    public void CloseGpu()
    {
        kernels?.Dispose();
        stream?.Dispose();
        context?.Dispose();
    }

    protected KernelLibrary LoadKernels() =>
        KernelLibrary.Load(typeof(GpuTest).Assembly, Context, new KernelLoadOptions { Kind = kind });

    /// <summary>Launches a kernel of this assembly and waits for it.</summary>
    protected void Run(string kernel, LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        Kernels.GetKernel(kernel).Launch(Stream, shape, arguments);
        Stream.Synchronize();
    }

    /// <summary>Ignores a test of what code for sm_80 and GPUs before 9.0 do not have.</summary>
    protected void RequireHopperCode(string module)
    {
        var image = Kernels.Modules.Single(choice => choice.Module.Name == module).Image!;
        if (GpuArchitecture.Parse(image.Architecture).Number < 90)
            Assert.Ignore($"clusters and dependent launch are code for sm_90 and newer; this GPU takes {image.Architecture}");
    }

    protected static T[] Read<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }
}
