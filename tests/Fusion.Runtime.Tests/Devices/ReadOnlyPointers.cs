namespace Fusion.Runtime.Tests.Devices;

public sealed class ReadOnlyPointers
{
    private static readonly DevicePointer<float> Start = new(0x1000);

    [Test]
    public void AreMadeOfPointersByThemselves()
    {
        ReadOnlyDevicePointer<float> pointer = Start;

        Assert.That(pointer.Address, Is.EqualTo(0x1000));
        Assert.That(((KernelArgument)pointer).Size, Is.EqualTo(8));
        Assert.That(((KernelArgument)pointer).Describe(), Is.EqualTo("a device pointer of 8 bytes"));
    }

    [Test]
    public void CountInElements()
    {
        ReadOnlyDevicePointer<float> pointer = Start;

        Assert.That((pointer + 3).Address, Is.EqualTo(0x100C));
        Assert.That(pointer.Add(-1), Is.EqualTo(new ReadOnlyDevicePointer<float>(0xFFC)));
        Assert.That(pointer.Cast<double>() + 1, Is.EqualTo(new ReadOnlyDevicePointer<double>(0x1008)));
        Assert.That(Start.Cast<byte>() + 1, Is.EqualTo(new DevicePointer<byte>(0x1001)));
        Assert.That($"{pointer}", Is.EqualTo("0x1000"));
    }

    [Test]
    public void DoNotTakeNullForABuffer() =>
        Assert.That(() => (ReadOnlyDevicePointer<float>)(DeviceBuffer<float>)null!, Throws.ArgumentNullException);
}
