using Fusion.Interop;
using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Devices;

/// <summary>A driver is a table of functions: this one's are C#.</summary>
public sealed class DriversOfManagedFunctions
{
    [Test]
    public void OpenContextsAndCopyMemoryAsTheRealOneDoes()
    {
        using var driver = new ManagedDriver();
        Assert.That(GpuDriver.Version, Is.EqualTo(new Version(12, 8)));
        Assert.That(GpuDevice.Count, Is.EqualTo(1));
        using var context = GpuContext.Open();
        Assert.That((context.Device.Name, context.Device.Capability), Is.EqualTo(("Managed GPU", new ComputeCapability(9, 0))));
        using var buffer = new DeviceBuffer<int>(context, [1, 2, 3, 4]);

        buffer.CopyFrom([7, 8]);

        var values = new int[4];
        buffer.CopyTo(values);
        Assert.That(values, Is.EqualTo(new[] { 7, 8, 3, 4 }));
        buffer.FillBytes(0xFF);
        buffer.CopyTo(values);
        Assert.That(values, Has.All.EqualTo(-1));
    }

    [Test]
    public void AContextTakesOverNothingOnceItIsClosed()
    {
        using var driver = new ManagedDriver();
        var context = GpuContext.Open();
        var early = KernelLibrary.Load(KernelAssembly.With(Samples.Manifest(Samples.Module("fusion-allreduce/m.bf16.none", Samples.Image("sm_90")))), context);
        var late = KernelLibrary.Load(KernelAssembly.With(Samples.Manifest(Samples.Module("fusion-allreduce/m.bf16.none", Samples.Image("sm_90")))), context);
        context.Own(early);
        context.Dispose();

        Assert.That(early.IsDisposed);
        Assert.That(() => context.Own(late), Throws.TypeOf<ObjectDisposedException>(), "nobody would dispose it");
        late.Dispose();
    }

    [Test]
    public void ReportWhatTheyDoNotHaveAsErrorsOfTheDriver()
    {
        using var driver = new ManagedDriver();
        using var context = GpuContext.Open();

        var error = Assert.Throws<GpuException>(() => new GpuEvent(context).Synchronize())!;

        Assert.That(error.Message, Does.Contain("cuEventSynchronize").And.Contain("801"));
    }

    [Test]
    public void MustHaveTheFunctionsThatEveryDriverHas() =>
        Assert.That(() => CudaDriver.Of(new None()), Throws.TypeOf<EntryPointNotFoundException>().With.Message.Contain("cuInit"));

    private sealed class None : IExportTable
    {
        public bool TryGet(string name, out nint address) => (address = 0) != 0;
    }
}
