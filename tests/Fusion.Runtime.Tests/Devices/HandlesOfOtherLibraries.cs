namespace Fusion.Runtime.Tests.Devices;

public sealed class HandlesOfOtherLibraries
{
    private const ulong Address = 0x7f0000000100;
    private const nint Context = 0x1000;
    private const nint Other = 0x2000;

    private static readonly ForeignMemory Right = new(new(MemoryKind.Device, 1), Context, Address - 0x100, 0x200);

    private static IEnumerable<ForeignMemory> Usable =>
    [
        Right,
        Right with { Context = 0 },                             // of a pool
        Right with { Start = 0, Size = 0 },                     // the driver does not say
        Right with { Place = new(MemoryKind.Managed, 0), Context = Other },
    ];

    private static IEnumerable<TestCaseData> Unusable =>
    [
        new(Right with { Place = new(MemoryKind.Unknown, 0) }, 4UL,
            "is unknown to the CUDA driver: memory of the host, or freed; expected memory of GPU 1. Pass an address on the GPU"),
        new(Right with { Place = new(MemoryKind.Host, 0) }, 4UL, "is pinned memory of the host; expected memory of GPU 1. Copy it"),
        new(Right with { Place = new(MemoryKind.Device, 0) }, 4UL, "is memory of GPU 0; expected memory of GPU 1. Open the context of GPU 0"),
        new(Right with { Context = Other }, 4UL,
            "is of the context 0x2000; expected the context 0x1000 of the same GPU. Wrap the context that the other library works in"),
        new(Right, 0x101UL, "is followed by 256 bytes of its allocation; expected 257 bytes. Count elements, not bytes"),
    ];

    [TestCaseSource(nameof(Usable))]
    public void MemoryOfTheContextMayBeUsedToItsEnd(object memory) =>
        Assert.DoesNotThrow(() => ((ForeignMemory)memory).ThrowUnlessUsable(Address, 0x100, 1, Context));

    [TestCaseSource(nameof(Unusable))]
    public void OtherMemoryIsRefusedWithWhatWasFoundAndWhatToDo(object memory, ulong bytes, string message)
    {
        var error = Assert.Throws<FusionArgumentException>(() => ((ForeignMemory)memory).ThrowUnlessUsable(Address, bytes, 1, Context))!;
        Assert.That(error.Message, Does.StartWith($"FUSION2015: The address 0x7f0000000100 {message}"));
    }

    [Test]
    public void AStreamOfAnotherContextSaysBoth() => Assert.That(DeviceErrors.ForeignStream(0x55, Other, Context).Message,
        Does.StartWith("FUSION2015: The stream 0x55 is of the context 0x2000; expected a stream of the context 0x1000. Wrap the context"));

    [Test]
    public void NoContextIsAMistakeWithoutADriverToo() =>
        Assert.That(Assert.Throws<ArgumentException>(() => GpuContext.FromHandle(0))!.Message, Does.StartWith("The context is null"));

    [Test]
    public void AContextNeedsADriver()
    {
        Assume.That(GpuDriver.IsAvailable, Is.False, "this machine has a driver");
        Assert.Throws<NoGpuException>(() => GpuContext.FromHandle(1));
    }
}
