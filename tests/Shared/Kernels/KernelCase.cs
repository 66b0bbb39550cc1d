using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>What runs the kernels of <see cref="KernelCases"/>: a GPU, or the emulator.</summary>
internal interface IKernelRunner
{
    /// <summary>Copies bytes to the GPU.</summary>
    DeviceBuffer<byte> Upload(byte[] bytes);

    /// <summary>Launches a kernel and waits for it.</summary>
    /// <returns>What it printed.</returns>
    string Run(KernelCase kernel, object[] arguments);
}

/// <summary>A launch of a kernel of <c>tests/Shared/Kernels</c>.</summary>
/// <param name="File">Name of the kernel's file, without <c>.cu</c>.</param>
/// <param name="Name">Name of the kernel.</param>
/// <param name="Grid">Number of blocks.</param>
/// <param name="Block">Number of threads in a block.</param>
/// <param name="Arguments">Arguments in order: numbers, arrays that the kernel reads, and <see cref="Output"/>.</param>
internal sealed record KernelCase(string File, string Name, Dim3 Grid, Dim3 Block, params object[] Arguments)
{
    /// <summary>Dynamic shared memory in bytes.</summary>
    public int SharedBytes { get; init; }

    /// <summary>Whether all blocks are there at the same time.</summary>
    public bool Cooperative { get; init; }

    /// <summary>Largest difference from a recorded result, as a part of the larger of it and 1. 0 for the same bits: the kernel uses no
    /// approximation, and what it does in an unknown order does not change the result.</summary>
    public float Tolerance { get; init; }

    /// <summary>Makes the line for the file of results: the name, and a hash of all that the kernel wrote and printed; the floats themselves
    /// where only a tolerance can hold.</summary>
    public string LineOf(byte[] result) => Tolerance > 0
        ? $"{Name} {Convert.ToBase64String(result)}"
        : string.Create(CultureInfo.InvariantCulture, $"{Name} {XxHash64.HashToUInt64(result):x16}");

    /// <summary>Runs the kernel.</summary>
    /// <returns>All that the kernel wrote, and then what it printed.</returns>
    public byte[] Run(IKernelRunner runner)
    {
        var buffers = Arguments.Select(argument => argument switch
        {
            Output output => runner.Upload(output.Bytes),
            Array array => runner.Upload(BytesOf(array)),
            _ => null,
        }).ToArray();
        try
        {
            var said = runner.Run(this, [.. Arguments.Select((argument, i) => buffers[i] ?? argument)]);
            return [.. Arguments.Zip(buffers).Where(pair => pair.First is Output).SelectMany(pair => Read(pair.Second!)), .. Encoding.UTF8.GetBytes(said)];
        }
        finally
        {
            foreach (var buffer in buffers) buffer?.Dispose();
        }
    }

    /// <summary>Compares two lines of <see cref="LineOf"/>.</summary>
    /// <returns>What differs; empty for nothing.</returns>
    public string Difference(string line, string? recorded)
    {
        if (line == recorded) return "";
        if (recorded is null || Tolerance == 0) return $"{line}, recorded: {recorded ?? "nothing"}\n";
        var (values, expected) = (Floats(line), Floats(recorded));
        for (var i = 0; i < expected.Length; i++)
        {
            if (Math.Abs(values[i] - expected[i]) <= Tolerance * Math.Max(1, Math.Abs(expected[i]))) continue;
            return $"{Name}: element {i} is {values[i]:g9}, recorded: {expected[i]:g9}\n";
        }

        return "";
    }

    private static float[] Floats(string line) => MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(line.Split(' ')[1])).ToArray();

    private static byte[] Read(DeviceBuffer<byte> buffer)
    {
        var bytes = new byte[buffer.Length];
        buffer.CopyTo(bytes);
        return bytes;
    }

    private static byte[] BytesOf(Array array)
    {
        var bytes = new byte[Buffer.ByteLength(array)];
        Buffer.BlockCopy(array, 0, bytes, 0, bytes.Length);
        return bytes;
    }
}

/// <summary>Memory that a kernel writes, and what it holds before.</summary>
internal sealed record Output(byte[] Bytes)
{
    /// <summary>Memory of zeros, for a number of elements.</summary>
    public static Output Of<T>(int count)
        where T : unmanaged => new(new byte[count * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()]);

    /// <summary>Memory that holds elements.</summary>
    public static Output Holding<T>(params T[] values)
        where T : unmanaged => new([.. MemoryMarshal.AsBytes<T>(values)]);
}
