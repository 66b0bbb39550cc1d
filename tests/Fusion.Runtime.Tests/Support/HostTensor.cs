using System.Runtime.InteropServices;

namespace Fusion.Runtime.Tests;

/// <summary>A tensor in host memory with guard bytes on both sides. What was never written is 0x5A bytes.</summary>
internal sealed unsafe class HostTensor : IDisposable
{
    private const int Guard = 64;
    private const byte GuardByte = 0xA5;
    private const byte Unwritten = 0x5A;

    private readonly byte* memory;

    public HostTensor(ElementType type, long rows, long columns)
    {
        var bytes = DeviceTensor.ByteCount(type, rows * columns);
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)(bytes + (2 * Guard)), Guard);
        Tensor = new((ulong)memory + Guard, type, rows, columns);
        new Span<byte>(memory, (int)bytes + (2 * Guard)).Fill(GuardByte);
        Bytes.Fill(Unwritten);
    }

    public HostTensor(ElementType type, float[][] rows)
        : this(type, rows.Length, rows[0].Length) => Write(rows);

    public DeviceTensor Tensor { get; }

    public Span<byte> Bytes => new((byte*)Tensor.Address, (int)Tensor.Bytes);

    public float this[long row, long column]
    {
        get => Tensor.Type switch
        {
            ElementType.BFloat16 => (float)((BFloat16*)Tensor.Address)[(row * Tensor.Columns) + column],
            ElementType.Float16 => (float)((Half*)Tensor.Address)[(row * Tensor.Columns) + column],
            _ => ((float*)Tensor.Address)[(row * Tensor.Columns) + column],
        };
        set
        {
            var index = (row * Tensor.Columns) + column;
            if (Tensor.Type == ElementType.BFloat16) ((BFloat16*)Tensor.Address)[index] = (BFloat16)value;
            else if (Tensor.Type == ElementType.Float16) ((Half*)Tensor.Address)[index] = (Half)value;
            else ((float*)Tensor.Address)[index] = value;
        }
    }

    public void Write(float[][] rows)
    {
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows[row].Length; column++) this[row, column] = rows[row][column];
        }
    }

    public float[][] Read() =>
        [.. Enumerable.Range(0, (int)Tensor.Rows).Select(row =>
            Enumerable.Range(0, (int)Tensor.Columns).Select(column => this[row, column]).ToArray())];

    public void AssertGuards()
    {
        var all = new ReadOnlySpan<byte>(memory, (int)Tensor.Bytes + (2 * Guard));
        Assert.That(all[..Guard].IndexOfAnyExcept(GuardByte), Is.EqualTo(-1), "written in front of the tensor");
        Assert.That(all[^Guard..].IndexOfAnyExcept(GuardByte), Is.EqualTo(-1), "written behind the tensor");
    }

    public void Dispose() => NativeMemory.AlignedFree(memory);
}
