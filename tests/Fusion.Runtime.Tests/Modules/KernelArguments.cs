using System.Runtime.CompilerServices;
using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests.Modules;

public sealed unsafe class KernelArguments
{
    private static readonly KernelEntry Kernel = Samples.Kernel(
        "k", ("bf16*", "x", 8), ("int", "n", 4), ("float", "e", 4), ("bf16", "b", 2), ("Big", "big", 40));

    [Test]
    public void EachConversionHasTheSizeOfItsCppType()
    {
        KernelArgument[] arguments =
        [
            new DevicePointer<float>(1), 1, 1u, 1L, 1UL, 1f, 1d, (Half)1, (BFloat16)1, true, (nint)1,
            KernelArgument.Of((byte)1), KernelArgument.Of(new UInt128(1, 2)),
        ];
        Assert.That(arguments.Select(a => a.Size), Is.EqualTo(new[] { 8, 4, 4, 8, 8, 4, 8, 2, 2, 1, 8, 1, 16 }));
    }

    [Test]
    public void TheAddressesLeadToTheValues()
    {
        var big = new Big();
        big[4] = 77;
        ReadOnlySpan<KernelArgument> arguments =
            [new DevicePointer<float>(0x1234_5678_9ABC), -5, 0.25f, (BFloat16)1, KernelArgument.Of(new UInt128(1, 2)), KernelArgument.Bytes(in big)];
        var addresses = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            Assert.That(KernelArgument.WriteAddresses(first, arguments.Length, addresses), Is.EqualTo(-1));
            Assert.That(*(ulong*)addresses[0], Is.EqualTo(0x1234_5678_9ABC));
            Assert.That(*(int*)addresses[1], Is.EqualTo(-5));
            Assert.That(*(float*)addresses[2], Is.EqualTo(0.25f));
            Assert.That(*(ushort*)addresses[3], Is.EqualTo(0x3F80));
            Assert.That(((ulong*)addresses[4])[0], Is.EqualTo(2));
            Assert.That(((ulong*)addresses[4])[1], Is.EqualTo(1));
            Assert.That(((long*)addresses[5])[4], Is.EqualTo(77));
        }
    }

    [Test]
    public void AStructThatDoesNotFitIsSentToBytes() =>
        Assert.That(() => KernelArgument.Of(new Big()), Throws.ArgumentException.With.Message.Contains("KernelArgument.Bytes"));

    [Test]
    public void ALargeValueIsCopiedWhenTheArgumentIsMade()
    {
        var array = new Big[1];
        array[0][4] = 77;
        var argument = KernelArgument.Bytes(in array[0]);
        array[0][4] = 78;
        array = null;
        GC.Collect();

        Assert.That(Read(argument), Is.EqualTo(77));
    }

    [Test]
    public void ALargeValueIsThereUntilItsThreadHasMade64KilobytesOfOthers()
    {
        var big = new Big();
        big[4] = 77;
        var argument = KernelArgument.Bytes(in big);
        var room = ArgumentCopies.Capacity / 48; // Big in steps of 16 bytes
        for (var i = 0; i < room - 2; i++) KernelArgument.Bytes(in big);
        Assert.That(Read(argument), Is.EqualTo(77));

        for (var i = 0; i < 3; i++) KernelArgument.Bytes(in big);

        Assert.That(Read(argument), Is.Null);
    }

    [Test]
    public void ALargeValueOfAnotherThreadIsRefused()
    {
        var big = new Big();
        var argument = KernelArgument.Bytes(in big);
        long? read = 0;

        var thread = new Thread(() => read = Read(argument));
        thread.Start();
        thread.Join();

        Assert.That(read, Is.Null);
    }

    [Test]
    public void AValueThatNoKernelTakesIsRefused()
    {
        var huge = new Huge();

        Assert.That(() => KernelArgument.Bytes(in huge), Throws.ArgumentException.With.Message.Contains("at most 32764"));
    }

    [Test]
    public void SmallIntegersKeepTheirSize()
    {
        KernelArgument[] arguments = [(byte)1, (sbyte)-1, (short)-2, (ushort)3, 4];
        Assert.That(arguments.Select(argument => argument.Size), Is.EqualTo(new[] { 1, 1, 2, 2, 4 }));
        Assert.That(arguments.Select(argument => argument.Describe()), Is.EqualTo(new[] { "a byte of 1 byte", "an sbyte of 1 byte", "a short of 2 bytes", "a ushort of 2 bytes", "an int of 4 bytes" }));
    }

    [Test]
    public void AnArgumentIsSmall() => Assert.That(Unsafe.SizeOf<KernelArgument>(), Is.LessThanOrEqualTo(24));

    [Test]
    public void ToPrepareALaunchAllocatesNothing()
    {
        var limits = new LaunchLimits(new(9, 0), 1024, 0, 232448);
        Prepare(Kernel, limits, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Prepare(Kernel, limits, 1000);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void TheDriversStructsHaveTheDriversLayout()
    {
        LaunchConfig config = default;
        var start = (byte*)&config;
        Assert.That(sizeof(LaunchConfig), Is.EqualTo(56));
        Assert.That((byte*)&config.Stream - start, Is.EqualTo(32));
        Assert.That((byte*)&config.Options - start, Is.EqualTo(40));
        Assert.That((byte*)&config.OptionCount - start, Is.EqualTo(48));

        var cluster = LaunchOption.Cluster(2, 3, 4);
        Assert.That(sizeof(LaunchOption), Is.EqualTo(72));
        Assert.That(new ReadOnlySpan<uint>(&cluster, 5).ToArray(), Is.EqualTo(new uint[] { 4, 0, 2, 3, 4 }));
        var programmatic = LaunchOption.ProgrammaticLaunch;
        Assert.That(new ReadOnlySpan<uint>(&programmatic, 4).ToArray(), Is.EqualTo(new uint[] { 6, 0, 1, 0 }));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Prepare(KernelEntry kernel, LaunchLimits limits, int times)
    {
        var big = new Big();
        for (var i = 0; i < times; i++)
        {
            Launch(kernel, limits, new(i + 1, 256) { SharedBytes = i, Cluster = 1 },
                new DevicePointer<BFloat16>(256) + i, i, 1e-5f, (BFloat16)1, KernelArgument.Bytes(in big));
        }
    }

    private static void Launch(
        KernelEntry kernel, LaunchLimits limits, in LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        LaunchCheck.Check(kernel, limits, shape, arguments);
        var addresses = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments) KernelArgument.WriteAddresses(first, arguments.Length, addresses);
    }

    // The last number of a Big as a launch finds it; null if its copy is gone.
    private static long? Read(KernelArgument argument)
    {
        var address = stackalloc void*[1];
        return KernelArgument.WriteAddresses(&argument, 1, address) < 0 ? ((long*)address[0])[4] : null;
    }

    [InlineArray(5)]
    private struct Big
    {
        private long first;
    }

    [InlineArray(ArgumentCopies.Largest + 1)]
    private struct Huge
    {
        private byte first;
    }
}
