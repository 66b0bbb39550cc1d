using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Support;

/// <summary>A product of random matrices, and the kernel that computes it.</summary>
internal sealed record WarpgroupProduct(string Types, int Columns)
{
    /// <summary>Size of the kernel's shared memory.</summary>
    public const int SharedBytes = 49152;

    private const string Architecture = "compute_90a";
    private const int Rows = 64;
    private const int RowBytes = 32;

    // Where B begins in the shared memory.
    private const int StartOfB = 8192;

    public bool IsInRegisters { get; init; }

    public bool Adds { get; init; } = true;

    /// <summary>Size of a permuted row; 0 where nothing is.</summary>
    public int Swizzle { get; init; } = 128;

    /// <summary>Byte of a permuted row at which those of the product begin.</summary>
    public int Start { get; init; }

    public int SignOfA { get; init; } = 1;

    public int SignOfB { get; init; } = 1;

    /// <summary>Distance between where A stands and where its descriptor says.</summary>
    public int Distance { get; init; }

    /// <summary>The same between lanes, in units of 16 bytes.</summary>
    public int DistanceOfLanes { get; init; }

    public int BaseOffset { get; init; }

    public int Threads { get; init; } = 128;

    /// <summary>Number of bytes of A that the kernel writes.</summary>
    public int WrittenBytes { get; init; } = StartOfB;

    public bool Meets { get; init; } = true;

    /// <summary>Whether the kernel makes a group of the product.</summary>
    public bool Commits { get; init; } = true;

    /// <summary>Number of groups for which the kernel does not wait.</summary>
    public int Left { get; init; }

    /// <summary>Whether the kernel writes over B then, behind a barrier.</summary>
    public bool Overwrites { get; init; }

    private string TypeOfA => Types.Split('.')[0];

    private string TypeOfB => Types.Split('.')[1];

    private bool IsWide => TypeOfA.EndsWith("16", StringComparison.Ordinal);

    public (float[] Read, float[] Expected) Run()
    {
        using var gpu = TestGpu.Of(Source(), null, Architecture);
        var d = gpu.Buffer(new float[Rows * Columns]);

        gpu.Run("product", 1, Threads, Arguments(gpu, d, out var a, out var b));

        Assert.That(Emulator.Faults, Is.Empty);
        return (TestGpu.Read(d), Expected(a, b));
    }

    public KernelFault Fail()
    {
        using var gpu = TestGpu.Of(Source(), null, Architecture);
        return gpu.Fail("product", 1, Threads, Arguments(gpu, gpu.Buffer(new float[Rows * Columns]), out _, out _));
    }

    private object[] Arguments(TestGpu gpu, DeviceBuffer<float> d, out byte[] a, out byte[] b)
    {
        var random = new Random(Columns + Swizzle);
        (a, b) = (Random(random, Rows, TypeOfA), Random(random, Columns, TypeOfB));
        var image = new byte[SharedBytes];
        Place(a, image, 0);
        Place(b, image, StartOfB);
        return [gpu.Buffer(image), gpu.Buffer(a), d, Descriptor(Distance), Descriptor(StartOfB), Adds ? 1 : 0, WrittenBytes];
    }

    private string Source()
    {
        string List(int first, int count) => string.Join(", ", Enumerable.Range(first, count).Select(i => $"%{i}"));
        var (sums, words) = (Columns / 2, IsInRegisters ? 4 : 1);
        var a = IsInRegisters ? $"{{{List(sums, 4)}}}" : $"%{sums}";
        var inputs = IsInRegisters ? "\"r\"(a[0]), \"r\"(a[1]), \"r\"(a[2]), \"r\"(a[3])" : "\"l\"(of_a)";
        var transposes = !IsWide ? "" : IsInRegisters ? ", 0" : ", 0, 0";
        return $$"""
            extern "C" __global__ void product(const unsigned* image, const unsigned* rows, float* d, unsigned long long of_a, unsigned long long of_b, int adds, int written) {
              __shared__ alignas(1024) unsigned shared[{{SharedBytes}} / 4];
              const int t = threadIdx.x, row = t / 32 * 16 + t % 32 / 4;
              for (int i = t; i < {{SharedBytes}} / 4; i += blockDim.x) if (i < written / 4 || i >= {{StartOfB}} / 4) shared[i] = image[i];
              asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
              {{(Meets ? "__syncthreads();" : "")}}
              const unsigned start = (unsigned)__cvta_generic_to_shared(shared) >> 4;
              of_a += start + t % 32 * {{DistanceOfLanes}};
              of_b += start;
              unsigned a[4];
              for (int i = 0; i < 4; i++) a[i] = rows[(row + i % 2 * 8) * 8 + i / 2 * 4 + t % 4];
              float c[{{sums}}];
              for (int i = 0; i < {{sums}}; i++) c[i] = t + 0.25f * i;
              asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
              asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %{{sums + words + 1}}, 0;\n"
                           "wgmma.mma_async.sync.aligned.m64n{{Columns}}k{{(IsWide ? 16 : 32)}}.f32.{{Types}} {{{List(0, sums)}}}, {{a}}, %{{sums + words}}, p, {{SignOfA}}, {{SignOfB}}{{transposes}};\n}"
                           : {{string.Join(", ", Enumerable.Range(0, sums).Select(i => $"\"+f\"(c[{i}])"))}}
                           : {{inputs}}, "l"(of_b), "r"(adds) : "memory");
              if ({{(Commits ? 1 : 0)}}) asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
              asm volatile("wgmma.wait_group.sync.aligned {{Left}};" ::: "memory");
              __syncthreads();
              if ({{(Overwrites ? 1 : 0)}}) shared[{{StartOfB}} / 4 + t] = t;
              for (int i = 0; i < {{sums}}; i++) d[(row + i / 2 % 2 * 8) * {{Columns}} + i / 4 * 8 + t % 4 * 2 + i % 2] = c[i];
            }
            """;
    }

    // What the threads had in the registers before, with the sums of the products.
    private float[] Expected(byte[] a, byte[] b) => [.. Enumerable.Range(0, Rows * Columns).Select(number =>
    {
        var (row, column) = (number / Columns, number % Columns);
        var sum = 0.0;
        for (var i = 0; i < RowBytes / (IsWide ? 2 : 1); i++) sum += Value(a, row, i, TypeOfA) * Value(b, column, i, TypeOfB);
        var thread = (row / 16 * 32) + (row % 8 * 4) + (column % 8 / 2);
        var register = (column / 8 * 4) + (row / 8 % 2 * 2) + (column % 2);
        return (float)((SignOfA * SignOfB * sum) + (Adds ? thread + (0.25 * register) : 0));
    })];

    // In groups of 8 rows. Not permuted, the left halves of a group stand together, and the right halves 256 bytes behind those of the next group but one.
    private void Place(byte[] rows, byte[] image, int start)
    {
        for (var piece = 0; piece < rows.Length / 16; piece++)
        {
            var (row, half) = (piece / 2, piece % 2);
            var place = start + (Swizzle == 0 ? (row / 8 * 256) + (half * 128) + (row % 8 * 16) : PlaceOf(row, (Start / 16) + half));
            rows.AsSpan(piece * 16, 16).CopyTo(image.AsSpan(place));
        }
    }

    // The number of a line of 128 bytes says how the pieces of the rows in it change places.
    private int PlaceOf(int row, int piece)
    {
        var (pieces, line) = (Swizzle / 16, row * Swizzle / 128);
        return (row * Swizzle) + ((piece ^ line % pieces) * 16);
    }

    private ulong Descriptor(int start)
    {
        var (stride, mode) = Swizzle switch { 0 => (256, 0UL), 32 => (256, 3UL), 64 => (512, 2UL), _ => (1024, 1UL) };
        return (ulong)(start + Start) >> 4 | (128UL >> 4 << 16) | ((ulong)stride >> 4 << 32) | ((ulong)BaseOffset << 49) | (mode << 62);
    }

    // Random bits, without those of infinity and NaN.
    private static byte[] Random(Random random, int rows, string type)
    {
        var bytes = new byte[rows * RowBytes];
        random.NextBytes(bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (type == "e4m3" && (bytes[i] & 0x7F) == 0x7F) bytes[i] = 0x3A;
            if (type == "e5m2") bytes[i] &= 0xBF;
            if (type == "f16" && i % 2 == 1) bytes[i] &= 0xBF;
            // Between 2^-8 and 2^8.
            if (type == "bf16" && i % 2 == 1) bytes[i] = (byte)(bytes[i] & 0x83 | 0x3C);
        }

        return bytes;
    }

    private static double Value(byte[] rows, int row, int index, string type)
    {
        var code = rows[(row * RowBytes) + (index % RowBytes)];
        var pair = BitConverter.ToUInt16(rows, (row * RowBytes) + (2 * index % RowBytes));
        return type switch
        {
            "f16" => (double)BitConverter.UInt16BitsToHalf(pair),
            "bf16" => BitConverter.UInt32BitsToSingle((uint)pair << 16),
            "e5m2" => (double)BitConverter.UInt16BitsToHalf((ushort)(code << 8)),
            _ => ((code & 0x80) != 0 ? -1 : 1) * ((code & 0x78) == 0
                ? Math.ScaleB(code & 7, -9) : Math.ScaleB(8 + (code & 7), (code >> 3 & 15) - 10)),
        };
    }
}
