namespace Fusion.Runtime.Tests.Ranks;

public sealed class BuffersOfRanks
{
    private RankGroup group = null!;

    [SetUp]
    public void MakeGroup() => group = RankGroup.OnCpu(2);

    [TearDown]
    public void DisposeGroup() => group.Dispose();

    [Test]
    public void KeepWhatIsCopiedIntoThem()
    {
        using var buffer = group.Ranks[0].Allocate<int>(3);
        buffer.FillBytes(0xFF);
        buffer.CopyFrom([1, 2]);
        var values = new int[3];
        buffer.CopyTo(values);

        Assert.That(values, Is.EqualTo([1, 2, -1]));
        Assert.That(buffer.Pointer.Address % 256, Is.Zero);
    }

    [Test]
    public void RefuseMoreThanTheyHold()
    {
        using var buffer = group.Ranks[0].Allocate<float>(8);

        Assert.That(() => buffer.CopyFrom(new float[9]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.CopyTo(new float[7]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.AsTensor(2, 5),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("40 bytes, but there are 32"));
    }

    [Test]
    public void AreTensorsOfTheirElements()
    {
        using var numbers = group.Ranks[0].Allocate<Half>(16);
        using var bytes = group.Ranks[0].Allocate<byte>(8);

        Assert.That(numbers.AsTensor(2, 8), Is.EqualTo(new DeviceTensor(numbers.Pointer.Address, ElementType.Float16, 2, 8)));
        Assert.That(bytes.AsTensor(ElementType.Float4E2M1, 1, 16).Bytes, Is.EqualTo(8));
        Assert.That(() => bytes.AsTensor(1, 8), Throws.TypeOf<NotSupportedException>().With.Message.Contain("AsTensor(type"));
    }

    [Test]
    public void AreOfNoUseWhenDisposed()
    {
        var buffer = group.Ranks[0].Allocate<float>(8);
        buffer.Dispose();
        buffer.Dispose();

        Assert.That(() => buffer.Pointer, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => buffer.FillBytes(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => buffer.CopyFrom([1f]), Throws.TypeOf<ObjectDisposedException>());
    }
}
