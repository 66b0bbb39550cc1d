using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Readme;

/// <summary>Lines of the package's page and of docs/emulator.md.</summary>
public sealed class AFirstProgram
{
    [TearDown]
    public void Leave() => Emulator.Leave();

    [Test]
    public void UsesEmulatedGpus()
    {
        Emulator.Use(new EmulatorOptions { Gpus = 2 });
        using var context = GpuContext.Open();
        using var values = new DeviceBuffer<int>(context, [1, 2, 3]);

        var read = new int[3];
        values.CopyTo(read);
        Assert.That((GpuDevice.Count, context.Device.Capability.Major, read), Is.EqualTo((2, 9, new[] { 1, 2, 3 })));
    }

    [TestCase("emulator:3", 3)]
    [TestCase("emulator", 1)]
    [TestCase("emulator:2:None", 2)]
    [TestCase("emulator:2:Barriers,SharedMemoryRaces", 2)]
    [TestCase("emulator:2:Nonsense", 0)]
    [TestCase("emulator:0", 0)]
    [TestCase("emulator:many", 0)]
    public void CanBeToldByAVariable(string setting, int gpus)
    {
        var exports = Emulator.CreateDriverFor(setting);

        Assert.That(exports is null, Is.EqualTo(gpus == 0));
        if (exports is null) return;
        Fusion.Interop.Driver.CudaDriver.Of(exports).Device.GetCount(out var count);
        Assert.That(count, Is.EqualTo(gpus));
    }
}
