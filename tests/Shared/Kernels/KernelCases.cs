using static Fusion.Tests.Shared.KernelInputs;

namespace Fusion.Tests.Shared;

/// <summary>Kernels as people write them, which the emulator and a GPU run with the same inputs.</summary>
internal static class KernelCases
{
    /// <summary>Names of the files that have the kernels.</summary>
    public static readonly string[] Files = ["blocks", "numbers", "models", "groups"];

    // Of functions such as exp, of which nobody promises the bits.
    private const float Approximate = 1e-5f;

    private static readonly int[] Starts = RowStarts(40);

    /// <summary>All launches.</summary>
    public static IReadOnlyList<KernelCase> All { get; } = [.. Blocks(), .. Numbers(), .. Models(), .. Groups()];

    private static KernelCase[] Blocks() =>
    [
        new("blocks", "reduce_sum", 5, 160, Ints(7001, 1 << 20), 7001, Output.Of<int>(1)),
        new("blocks", "dot_product", 3, 128, Doubles(1500), Doubles(1500, 2), Output.Of<double>(3), 1500) { SharedBytes = 1024 },
        new("blocks", "arg_max", 4, 96, Floats(3000, 500), 3000, Output.Of<ulong>(1)),
        new("blocks", "scan_inclusive", 2, 256, Ints(512, 1000), Output.Of<int>(512)),
        new("blocks", "scan_exclusive", 1, 128, Bits(256), Output.Of<uint>(256), 256) { SharedBytes = 1024 },
        new("blocks", "compact", 1, 128, Ints(1000, 100), 1000, Output.Of<int>(1000), Output.Of<int>(1)),
        new("blocks", "bitonic_sort", 2, 512, Output.Holding(Bits(1024))),
        new("blocks", "histogram", 3, 128, Bytes(5000), 5000, Output.Of<uint>(64), Output.Of<float>(64)),
        new("blocks", "transpose_tiles", new(4, 3), new(16, 16), Floats(50 * 37, 1), Output.Of<float>(50 * 37), 50, 37),
        new("blocks", "atomics", 3, 64, Bits(192), Output.Holding<uint>(1, 2, uint.MaxValue, 0, uint.MaxValue, 0, 0, 5, 6, 7), Output.Of<ulong>(2)),
        new("blocks", "hash_table", 4, 128, Ints(500, 90), 500, new uint[128], Output.Of<uint>(90), 128),
    ];

    private static KernelCase[] Numbers() =>
    [
        new("numbers", "halves", 2, 128, Halves(Floats(512, 30)), Halves(Floats(512, 4, 2)), Output.Of<ushort>(512), 512),
        new("numbers", "brain_floats", 2, 128, BrainFloats(Floats(256, 30)), BrainFloats(Floats(256, 4, 2)), Output.Of<ushort>(256), Output.Of<float>(256), 256),
        new("numbers", "quantize_fp8", 2, 128, Floats(256, 600), Output.Of<byte>(256), Output.Of<byte>(256), Output.Of<float>(256), 256),
        new("numbers", "dot_bytes", 2, 64, Bits(128), Bits(128, 2), Output.Of<int>(128)),
        new("numbers", "power_modulo", 2, 64, LongBits(128), LongBits(128, 5), Output.Of<ulong>(128)),
        new("numbers", "twiddle", 2, 128, Bits(256), Output.Of<uint>(256)),
        new("numbers", "convert", 4, 64, AllKinds(256), Output.Of<int>(256)),
        new("numbers", "doubles", 2, 64, Doubles(128), Output.Of<double>(128)),
        new("numbers", "roundings", 2, 64, Floats(128, 100), Floats(128, 1, 2), Output.Of<float>(512)),
        new("numbers", "queens", 1, 8, Output.Of<uint>(8)),
        new("numbers", "medians", 2, 64, Ints(128, 500), Output.Of<int>(128), 128),
        new("numbers", "mandelbrot", new(3, 5), new(16, 8), Output.Of<byte>(48 * 36), 48, 36),
        new("numbers", "crc32", 1, 64, Bytes(64 * 33), 33, Output.Of<uint>(64)),
    ];

    private static KernelCase[] Models() =>
    [
        new("models", "softmax", 2, 64, Floats(200, 9), Output.Of<float>(200), 100) { Tolerance = Approximate },
        new("models", "layer_norm", 2, 64, Floats(200, 9), Floats(100, 2, 2), Floats(100, 1, 3), Output.Of<float>(200), 100) { Tolerance = Approximate },
        new("models", "rms_norm_exact", 3, 96, Floats(3 * 384, 5), Output.Of<float>(3 * 384), 96),
        new("models", "activations", 1, 64, Floats(64, 6), Output.Of<float>(256)) { Tolerance = Approximate },
        new("models", "matmul_tiled", new(3, 2), new(16, 16), Floats(30 * 41, 2), Floats(41 * 35, 2, 2), Output.Of<float>(30 * 35), 30, 35, 41),
        new("models", "mma_bf16", 1, 32, BrainFloats(WholeFloats(16 * 48)), BrainFloats(WholeFloats(48 * 8, 2)), Output.Of<float>(128), 48),
        new("models", "mma_f16", 1, 32, Halves(WholeFloats(16 * 48)), Halves(WholeFloats(48 * 8, 2)), Output.Of<float>(128), 48),
        new("models", "mma_int8", 1, 32, Bits(16 * 8), Bits(8 * 8, 2), Output.Of<int>(128)),
        new("models", "mma_tf32", 1, 32, WholeFloats(128), WholeFloats(64, 2), Output.Of<float>(128)),
        new("models", "pipeline", 2, 64, Floats(2 * 5 * 256, 3), Output.Of<float>(2 * 256), 5),
        new("models", "blur", 3, 128, Floats(350, 10), Output.Of<float>(350), 350),
        new("models", "sparse_product", 10, 128, Starts, Ints(Starts[^1], 90), Floats(Starts[^1], 3), Floats(90, 2, 2), Output.Of<float>(40), 40),
        new("models", "bodies", 1, 64, Floats(256, 2), Output.Of<float>(256), 64) { Tolerance = 1e-4f },
    ];

    private static KernelCase[] Groups() =>
    [
        new("groups", "tiles", 2, 64, Ints(128, 50), Output.Of<int>(128)),
        new("groups", "aggregated", 2, 96, Ints(192, 12), Output.Of<int>(12), Output.Of<uint>(192)),
        new("groups", "last_block", 6, 64, Ints(384, 1000), Output.Of<int>(6), Output.Of<uint>(1), Output.Of<long>(1)),
        new("groups", "chained_scan", 7, 64, Ints(448, 1000), Output.Of<int>(448), Output.Of<int>(7), Output.Of<int>(7)),
        new("groups", "heat", 4, 64, Output.Holding(Floats(500, 100)), Output.Of<float>(500), 500, 6) { Cooperative = true },
        new("groups", "cluster_histogram", 4, 64, Ints(2000, 1 << 20), 2000, Output.Of<int>(64)),
        new("groups", "breadth_first", 1, 64, Starts, Ints(Starts[^1], 40), Output.Holding<int>([0, .. Enumerable.Repeat(-1, 39)]), 40),
        new("groups", "life", new(2, 3), new(16, 8), Bytes(30 * 20, 2), Output.Of<byte>(600), 30, 20),
        new("groups", "prints", 1, 1, new float[] { 0, -1.5f, 3.14159274f, 1e10f, float.PositiveInfinity }, 5),
    ];
}
