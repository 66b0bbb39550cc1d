using Fusion.Emulation;
using Fusion.Interop.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests.Support;

/// <summary>Tests of a matmul on an emulated GPU, with a library that notes what it is told (<see cref="FakeCublasLt"/>).</summary>
[NonParallelizable]
public abstract class MatmulTest
{
    private readonly List<IDisposable> made = [];
    private GpuContext? context;
    private GpuStream? stream;

    private protected GpuContext Context => context!;

    private protected GpuStream Stream => stream!;

    [SetUp]
    public void UseAnEmulatedGpu()
    {
        Emulator.Use(new() { Capability = Capability });
        context = GpuContext.Open();
        stream = new GpuStream(context);
    }

    [TearDown]
    public void Leave()
    {
        made.Reverse();
        made.ForEach(one => one.Dispose());
        made.Clear();
        stream?.Dispose();
        context?.Dispose();
        Emulator.Leave();
    }

    private protected virtual Version Capability => new(9, 0);

    private protected Matmul Make(MatmulOptions? options = null, string version = "12.9.1") =>
        Made(new Matmul(Context, options ?? new() { WorkspaceBytes = 4096 }, FakeCublasLt.Of(version)));

    private protected MatmulCall Call(int tokens, int columns, int depth, ElementType type, ElementType output) => new()
    {
        Input = Tensor(type, tokens, depth),
        Weight = Tensor(type, columns, depth),
        Output = Tensor(output, tokens, columns),
    };

    private protected DeviceTensor Tensor(ElementType type, long rows, long columns)
    {
        var buffer = Made(new DeviceBuffer<byte>(Context, DeviceTensor.ByteCount(type, rows * columns)));
        return new(buffer.Pointer.Address, type, rows, columns);
    }

    private protected T Made<T>(T one)
        where T : IDisposable
    {
        made.Add(one);
        return one;
    }

    private protected static (CudaDataType, ulong, ulong) Layout(nint layout) => FakeCublasLt.LayoutOf(layout);
}
