using Fusion.Runtime.Distributed.Memory;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>Memory of the host that processes share (<see cref="SharedHostMemory"/>).</summary>
[Platform("Linux")]
internal sealed unsafe class SharedMemoryOfTheHost
{
    private const int Bytes = 3 * 4096 + 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Test]
    public void ItIsZeroAtFirst()
    {
        using var memory = SharedHostMemory.Create(Bytes);
        Assert.That(new Span<byte>(memory.Pointer, Bytes).IndexOfAnyExcept((byte)0), Is.EqualTo(-1));
    }

    [Test]
    public void TwoMappingsAreTheSameMemory()
    {
        using var made = SharedHostMemory.Create(Bytes);
        using var opened = SharedHostMemory.Open(Duplicate(made.Descriptor), Bytes);
        Assert.That((nint)opened.Pointer, Is.Not.EqualTo((nint)made.Pointer));
        for (var i = 0; i < Bytes; i++) made.Pointer[i] = (byte)((i * 7) + 3);
        for (var i = 0; i < Bytes; i++) Assert.That(opened.Pointer[i], Is.EqualTo((byte)((i * 7) + 3)));
        opened.Pointer[Bytes - 1] = 0x5A;
        Assert.That(made.Pointer[Bytes - 1], Is.EqualTo(0x5A));
    }

    [Test]
    public void AnotherProcessSeesItAndIsSeen()
    {
        using var memory = SharedHostMemory.Create(Bytes);
        for (var i = 0; i < Bytes; i++) memory.Pointer[i] = (byte)(i * 11);
        using var server = new DescriptorServer();
        var token = server.Offer(memory.Descriptor);
        using var process = RankProcesses.Start("shared-memory", server.Name, Convert.ToHexString(token), $"{Bytes}");
        Assert.That(process.StandardOutput.ReadLine(), Is.EqualTo("written"));
        for (var i = 0; i < Bytes; i++) Assert.That(memory.Pointer[i], Is.EqualTo((byte)((i * 11) + 1)));

        // The end of a process takes nothing from the others.
        process.Kill();
        Assert.That(process.WaitForExit(Patience), Is.True);
        Assert.That(memory.Pointer[Bytes - 1], Is.EqualTo(unchecked((byte)(((Bytes - 1) * 11) + 1))));
    }

    [Test]
    public void ASizeThatWasNotAnnouncedIsRefused([Values(1, Bytes - 1, Bytes + 1, 1 << 20)] int announced)
    {
        using var made = SharedHostMemory.Create(Bytes);
        var descriptor = Duplicate(made.Descriptor);
        var refused = Assert.Throws<IOException>(() => SharedHostMemory.Open(descriptor, announced));
        Assert.That(refused.Message, Does.Contain($"{Bytes} bytes").And.Contain($"{announced}"));
        Assert.That(descriptor.IsClosed, Is.True, "The descriptor is owned also if it is refused.");
    }

    [Test]
    public void ItsSizeCannotChange()
    {
        using var memory = SharedHostMemory.Create(Bytes);
        Assert.Multiple(() =>
        {
            Assert.That(() => RandomAccess.SetLength(memory.Descriptor, 0), Throws.InstanceOf<Exception>());
            Assert.That(() => RandomAccess.SetLength(memory.Descriptor, 2 * Bytes), Throws.InstanceOf<Exception>());
            Assert.That(RandomAccess.GetLength(memory.Descriptor), Is.EqualTo(Bytes));
        });
    }

    [Test]
    public void MemoryWhoseSizeCanChangeIsRefused()
    {
        var descriptor = LinuxCalls.CreateMemory("test", LinuxCalls.CloseOnExec | LinuxCalls.AllowSealing);
        RandomAccess.SetLength(descriptor, Bytes);
        Assert.That(LinuxCalls.Control(descriptor, LinuxCalls.AddSeals, LinuxCalls.SealGrow), Is.Zero);
        Assert.That(() => SharedHostMemory.Open(descriptor, Bytes), Throws.TypeOf<IOException>().With.Message.Contains("0x4"));
    }

    [Test]
    public void AFileIsRefused()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[Bytes]);
            var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            Assert.That(() => SharedHostMemory.Open(file, Bytes), Throws.TypeOf<IOException>().With.Message.Contains("size is fixed"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void MoreThanTheMachineHasIsAnErrorAtOnce() =>
        Assert.That(() => SharedHostMemory.Create(1L << 60), Throws.TypeOf<IOException>().With.Message.Contains("1152921504606846976"));

    [Test]
    public void ItIsKeptWhileSomebodyKeepsIt()
    {
        var before = NativeHandle.Live;
        var memory = SharedHostMemory.Create(Bytes);
        var pointer = memory.Pointer;
        memory.Keep();
        memory.Dispose();
        memory.Dispose();
        Assert.That(() => memory.Pointer, Throws.TypeOf<ObjectDisposedException>());
        pointer[0] = 1;
        Assert.That(NativeHandle.Live, Is.EqualTo(before + 1));
        memory.Release();
        Assert.That(NativeHandle.Live, Is.EqualTo(before));
    }

    private static SafeFileHandle Duplicate(SafeFileHandle descriptor) =>
        File.OpenHandle($"/proc/self/fd/{descriptor.DangerousGetHandle()}", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
}
