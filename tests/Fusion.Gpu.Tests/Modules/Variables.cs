using System.Runtime.InteropServices;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

/// <summary>Variables of modules, in machine code and in PTX that the driver compiles.</summary>
[TestFixture(ImageKind.Cubin)]
[TestFixture(ImageKind.Ptx)]
public sealed class Variables(ImageKind kind) : GpuTest(kind)
{
    private const string Module = "kernels/variables";

    [Test]
    public void AreWhatKernelsReadAndWrite()
    {
        var weights = Kernels.GetGlobal<float>("weights");
        using var pinned = new PinnedBuffer<float>(Context, 3);
        float[] values = [1, 2, 3];
        values.CopyTo(pinned.Span);
        weights.CopyFrom(Stream, pinned.Memory);
        Kernels.GetGlobal<Tap>("tap").CopyFrom([new() { Weight = 0.5f, Offset = 4 }]);
        var hits = Kernels.GetGlobal<uint>(Module, "counts::hits");
        hits.FillBytes(Stream, 0);
        using var input = new DeviceBuffer<float>(Context, [10, 10, 10, 10]);
        using var output = new DeviceBuffer<float>(Context, 4);

        Run("weigh", new(1, 4), input, output);

        Assert.That(Read(output), Is.EqualTo(new float[] { 12, 22, 32, 12 }));
        var read = new uint[4];
        hits.CopyTo(read);
        Assert.That(read, Is.EqualTo(new uint[] { 0, 0, 4, 0 }));
    }

    [Test]
    public void HaveTheSizesThatTheManifestSays()
    {
        var variables = Kernels.Modules.Single(choice => choice.Module.Name == Module).Image!.Variables;
        Assert.That(variables.Select(variable => variable.Name), Is.EqualTo(["counts::hits", "tap", "weights"]));
        foreach (var variable in variables)
            Assert.That(Kernels.GetGlobal<byte>(Module, variable.Name).Length, Is.EqualTo(variable.Size), variable.Name);
    }

    [Test]
    public void HaveTypedAccessorsForEachContext()
    {
        using var context = GpuContext.Open();
        TypedKernels.Load(context, new KernelLoadOptions { Kind = kind });
        TypedKernels.Globals.Weights.On(context).CopyFrom([4, 5, 6]);
        TypedKernels.Globals.Tap.On(context).CopyFrom([default]);
        using var stream = new GpuStream(context);
        using var pinned = new PinnedBuffer<float>(context, 3);
        using var input = new DeviceBuffer<float>(context, [1, 1, 1]);

        TypedKernels.Weigh.Launch(stream, 1, 3, input, input);
        TypedKernels.Globals.Weights.CopyTo(stream, pinned.Memory);
        stream.Synchronize();

        Assert.That(pinned.Span.ToArray(), Is.EqualTo(new float[] { 4, 5, 6 }));
        Assert.That(Read(input), Is.EqualTo(new float[] { 4, 5, 6 }));
    }

    [Test]
    public void OfAnUnknownNameOrAnotherTypeAreRefused()
    {
        Assert.That(() => Kernels.GetGlobal<float>("weight"), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("'weights'"));
        Assert.That(() => Kernels.GetGlobal<double>("weights"), Throws.TypeOf<FusionArgumentException>().With.Message.Contains("12 bytes"));
    }

    [Test]
    public void EndWithTheirLibrary()
    {
        var library = LoadKernels();
        var weights = library.GetGlobal<float>("weights");

        library.Dispose();

        Assert.That(() => weights.CopyFrom([1]), Throws.TypeOf<ObjectDisposedException>());
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Tap
    {
        public float Weight;
        public int Offset;
    }
}
