using System.Diagnostics;
using Fusion.Emulation;
using Fusion.Runtime.Distributed.Memory;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>Memory of an emulated GPU of this process that another process uses.</summary>
[Platform("Linux")]
internal sealed unsafe class MemoryOfGpusBetweenProcesses
{
    private const int Bytes = 2 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private GpuContext context = null!;

    [SetUp]
    public void Open()
    {
        Emulator.Use(new() { Gpus = 2 });
        context = GpuContext.Open();
    }

    [TearDown]
    public void Close()
    {
        context.Dispose();
        Emulator.Leave();
    }

    [Test]
    public void AnotherProcessWritesToIt([Values("ipc", "descriptor")] string way)
    {
        using var memory = SharedDeviceMemory.Allocate(context, Bytes, way == "ipc" ? MemorySharing.Ipc : MemorySharing.Descriptor);
        var given = new byte[Bytes];
        new Random(17).NextBytes(given);
        fixed (byte* p = given) memory.Memory.CopyFrom(0, p, Bytes);
        using var server = new DescriptorServer();
        using var process = way == "ipc"
            ? RankProcesses.Start("gpu-memory", $"{Bytes}", way, Convert.ToHexString(memory.Export().Handle.Span))
            : Offered(memory, server);
        Assert.That(process.StandardOutput.ReadLine(), Is.EqualTo("written"));
        Assert.That(Read(memory).AsSpan().SequenceEqual(Array.ConvertAll(given, one => (byte)(one + 1))), Is.True);

        // While the other process is there and after its end.
        memory.Memory.Fill(0, 0x3C, Bytes);
        process.Kill();
        Assert.That(process.WaitForExit(Patience), Is.True);
        Assert.That(Read(memory).AsSpan().IndexOfAnyExcept((byte)0x3C), Is.EqualTo(-1));
    }

    [Test]
    public void AHandleOfAProcessThatHasEndedOpensNothing()
    {
        using var memory = SharedDeviceMemory.Allocate(context, Bytes, MemorySharing.Ipc);
        var export = memory.Export();
        var handle = export.Handle.ToArray();
        // The number of a process: one that cannot be.
        BitConverter.TryWriteBytes(handle.AsSpan(8), int.MaxValue);
        Assert.That(() => ImportedDeviceMemory.Open(context, export with { Handle = handle }), Throws.TypeOf<GpuException>());
    }

    private static Process Offered(SharedDeviceMemory memory, DescriptorServer server)
    {
        using var descriptor = memory.ExportDescriptor();
        return RankProcesses.Start("gpu-memory", $"{Bytes}", "descriptor", server.Name, Convert.ToHexString(server.Offer(descriptor)));
    }

    private static byte[] Read(SharedDeviceMemory memory)
    {
        var bytes = new byte[Bytes];
        fixed (byte* p = bytes) memory.Memory.CopyTo(0, p, Bytes);
        return bytes;
    }
}
