namespace Fusion.Runtime.Tests.Devices;

public sealed class DevicePointers
{
    [Test]
    public void ArithmeticIsInElements()
    {
        var start = new DevicePointer<float>(0x1000);
        Assert.That((start + 3).Address, Is.EqualTo(0x100C));
        Assert.That((start + -3).Address, Is.EqualTo(0xFF4));
        Assert.That(start.ToString(), Is.EqualTo("0x1000"));
    }

    [Test]
    public void BeyondAllAddressesThereIsNone()
    {
        Assert.That(() => new DevicePointer<byte>(1) + -2, Throws.TypeOf<OverflowException>());
        Assert.That(() => new DevicePointer<byte>(ulong.MaxValue) + 1, Throws.TypeOf<OverflowException>());
        Assert.That(() => new DevicePointer<long>(0) + long.MaxValue, Throws.TypeOf<OverflowException>());
    }
}
