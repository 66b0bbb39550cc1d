namespace Fusion.Runtime.Tests.Devices;

/// <summary>Copies and fills of ranges, in streams and without, on a GPU and on the CPU.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class SlicesOfBuffers(bool onGpu)
{
    private ManagedDriver driver = null!;
    private GpuContext? context;
    private GpuStream? stream;

    [SetUp]
    public void Open()
    {
        driver = new();
        if (!onGpu) return;
        context = GpuContext.Open();
        stream = new(context);
    }

    [TearDown]
    public void Close()
    {
        stream?.Dispose();
        context?.Dispose();
        Assert.That(ManagedDriver.Faults, Is.Zero);
        driver.Dispose();
    }

    [Test]
    public void AreCopiedFromAndToTheHost()
    {
        using var buffer = New(8);
        buffer.FillBytes(0xFF);

        buffer.Slice(2, 4).CopyFrom([1, 2, 3]);
        buffer.Slice(3).Slice(1, 2).FillBytes(0);

        Assert.That(Read(buffer), Is.EqualTo(new[] { -1, -1, 1, 2, 0, 0, -1, -1 }));
        var two = new int[2];
        buffer.Slice(2, 2).CopyTo(two);
        Assert.That(two, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void AreTensorsThatStartWhereTheyStart()
    {
        using var buffer = New(8);
        var tensor = buffer.Slice(2).AsTensor(ElementType.Float32, 2, 3);
        Assert.That(tensor, Is.EqualTo(new DeviceTensor(buffer.Pointer.Address + 8, ElementType.Float32, 2, 3)));
        Assert.That(() => buffer.Slice(2).AsTensor(ElementType.Float32, 1, 7), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("there are 24"));
        Assert.That(buffer.Slice(2).AsTensor(1, 6), Is.EqualTo(new DeviceTensor(buffer.Pointer.Address + 8, ElementType.Int32, 1, 6)));
        Assert.That((buffer.Slice(8).IsEmpty, buffer.Slice(7).IsEmpty), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task AreCopiedInAStream()
    {
        using var buffer = New(8);
        using var other = New(8);
        using var pinned = new PinnedBuffer<int>(8, context);
        Enumerable.Range(10, 8).ToArray().CopyTo(pinned.Span);
        other.FillBytes(stream, 0);

        buffer.Slice(1, 7).CopyFrom(stream, pinned.Memory.Slice(1, 7));
        buffer.Slice(0, 1).FillBytes(stream, 0xFF);
        buffer.Slice(0, 3).CopyTo(stream, other.Slice(4));
        other.CopyTo(stream, pinned.Memory);
        if (stream is not null) await stream.SynchronizeAsync();

        Assert.That(Read(buffer), Is.EqualTo(new[] { -1, 11, 12, 13, 14, 15, 16, 17 }));
        Assert.That(pinned.Span.ToArray(), Is.EqualTo(new[] { 0, 0, 0, 0, -1, 11, 12, 0 }));
    }

    [Test]
    public void AllocateNothingWhenTheyAreCopiedInAStream()
    {
        using var buffer = New(8);
        using var pinned = new PinnedBuffer<int>(8, context);
        var memory = pinned.Memory;
        Copy();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Copy();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Copy()
        {
            buffer.Slice(2, 4).CopyFrom(stream, memory[..4]);
            buffer.Slice(2, 4).CopyTo(stream, memory.Slice(4));
            buffer.Slice(2, 2).CopyTo(stream, buffer.Slice(4));
            buffer.Slice(0, 2).FillBytes(stream, 1);
        }
    }

    [Test]
    public void HaveTheAddressOfTheirFirstElement()
    {
        using var buffer = New(8);
        Assert.That(buffer.Slice(3).Pointer.Address, Is.EqualTo(buffer.Pointer.Address + 12));
        Assert.That(buffer.Slice(8).Length, Is.Zero);
        Assert.That(default(DeviceSpan<int>).Pointer.Address, Is.Zero);
    }

    [Test]
    public void MustBeWithinTheBuffer()
    {
        using var buffer = New(8);
        Assert.That(() => buffer.Slice(9), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("0 to 8"));
        Assert.That(() => buffer.Slice(-1, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Slice(2, 7), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("0 to 6"));
        Assert.That(() => buffer.Slice(2, long.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Slice(1, 2).CopyFrom([1, 2, 3]), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("3 elements").And.Message.Contain("but 2"));
        Assert.That(() => buffer.Slice(1, 2).CopyTo(new int[1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.CopyTo(stream, buffer.Slice(1)), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contain("8 elements"));
    }

    [Test]
    public void AreNotCopiedInAStreamFromMemoryThatMayMove()
    {
        using var buffer = New(8);
        Assert.That(() => buffer.CopyFrom(stream, new int[3]), Throws.TypeOf<ArgumentException>().With.Message.Contain("PinnedBuffer"));
        Assert.That(() => buffer.CopyTo(stream, new int[8].AsMemory()), Throws.TypeOf<ArgumentException>().With.Message.Contain("PinnedBuffer"));
    }

    [Test]
    public void OfADisposedBufferDoNothing()
    {
        var buffer = New(8);
        var slice = buffer.Slice(1, 2);
        var pinned = new PinnedBuffer<int>(8, context);
        var memory = pinned.Memory;
        buffer.Dispose();

        Assert.That(() => slice.FillBytes(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => slice.Pointer, Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => slice.CopyFrom(stream, memory[..2]), Throws.TypeOf<ObjectDisposedException>());
        pinned.Dispose();
        using var another = New(8);
        Assert.That(() => another.CopyFrom(stream, memory), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => pinned.Span.Length, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void OfPinnedMemoryStayAsLongAsTheyArePinned()
    {
        var pinned = new PinnedBuffer<int>(8, context);
        using (var handle = pinned.Memory[3..].Pin())
        {
            pinned.Dispose();
            Assert.That(ManagedDriver.Live("host"), Is.EqualTo(onGpu ? 1 : 0));
        }

        Assert.That(ManagedDriver.Live("host"), Is.Zero);
        Assert.That(() => pinned.Pin(), Throws.TypeOf<ObjectDisposedException>());
    }

    private RankBuffer<int> New(long length) => new(context, length);

    private static int[] Read(RankBuffer<int> buffer)
    {
        var values = new int[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }
}
