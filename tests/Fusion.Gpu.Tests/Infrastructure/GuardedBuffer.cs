using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>An output between two stretches of memory that no kernel may touch, all filled with the byte 0xFF, so that both
/// what a kernel leaves out and what it writes beside show.</summary>
public sealed class GuardedBuffer : IDisposable
{
    private const int Guard = 256;
    private const ushort Poison = 0xFFFF;

    private readonly DeviceBuffer<BFloat16> memory;
    private readonly int length;

    public GuardedBuffer(GpuContext context, int length)
    {
        this.length = length;
        memory = new DeviceBuffer<BFloat16>(context, length + (2 * Guard));
        memory.FillBytes(0xFF);
    }

    public DevicePointer<BFloat16> Start => memory.Pointer + Guard;

    /// <summary>The output, after a look at what lies around it.</summary>
    public BFloat16[] Read()
    {
        var all = new BFloat16[memory.Length];
        memory.CopyTo(all);
        Assert.That(all[..Guard].Concat(all[^Guard..]), Has.All.Property(nameof(BFloat16.Bits)).EqualTo(Poison),
            "written outside the output");
        return all[Guard..(Guard + length)];
    }

    public void Dispose() => memory.Dispose();
}
