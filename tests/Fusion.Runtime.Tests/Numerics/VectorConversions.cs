using System.Numerics;
using System.Runtime.CompilerServices;

namespace Fusion.Runtime.Tests.Numerics;

public sealed class VectorConversions
{
    [Test]
    public void GiveTheVectorsOfDotNet()
    {
        Assert.That(new DeviceVector2<int>(-3, 4).ToVector2(), Is.EqualTo(new Vector2(-3, 4)));
        Assert.That(new DeviceVector3<uint>(1, 2, uint.MaxValue).ToVector3(), Is.EqualTo(new Vector3(1, 2, 4294967296f)));
        Assert.That(new DeviceVector4<byte>(1, 2, 3, 255).ToVector4(), Is.EqualTo(new Vector4(1, 2, 3, 255)));
        Assert.That(new DeviceVector2<Half>((Half)0.5f, (Half)65504f).ToVector2(), Is.EqualTo(new Vector2(0.5f, 65504)));
        Assert.That(new DeviceVector2<BFloat16>((BFloat16)1.5f, (BFloat16)(-2f)).ToVector2(), Is.EqualTo(new Vector2(1.5f, -2)));
    }

    [Test]
    public void ComeBackSaturated()
    {
        Assert.That(new Vector4(1.9f, -1, 256, float.NaN).ToDeviceVector<byte>(), Is.EqualTo(new DeviceVector4<byte>(1, 0, 255, 0)));
        Assert.That(new Vector2(-1.5f, 3e9f).ToDeviceVector<int>(), Is.EqualTo(new DeviceVector2<int>(-1, int.MaxValue)));
        Assert.That(new Vector3(1, 2, 3).ToDeviceVector<double>(), Is.EqualTo(new DeviceVector3<double>(1, 2, 3)));
    }

    [Test]
    public void AreOfTypesWithoutGaps() => Assert.That(
        (Unsafe.SizeOf<DeviceVector3<byte>>(), Unsafe.SizeOf<DeviceVector3<double>>(), Unsafe.SizeOf<DeviceVector4<short>>()), Is.EqualTo((3, 24, 8)));
}
