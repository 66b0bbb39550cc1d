using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model;

namespace Llama.Gpu.Weights;

/// <summary>Random weights that the GPUs make themselves, for benches without a checkpoint: numbers as models are initialized with, so
/// that activations neither vanish nor explode. They differ from those of a random checkpoint.</summary>
internal sealed class RandomWeights(ModelConfig config, int seed) : IWeightSource
{
    private const float LargestFp8 = 448;
    private const float LargestOfSpread = 4;

    /// <inheritdoc/>
    public void Fill(Rank rank, GraphTensor weight, RankBuffer<byte> to)
    {
        var type = weight.Type;
        var count = type.Bytes(0) / DeviceTensor.ByteCount(type.Elements, 1);
        if (WeightParts.IsScale(weight.Name))
        {
            var isInput = weight.Name.EndsWith("input_scale", StringComparison.Ordinal);
            to.CopyFrom(MemoryMarshal.AsBytes<float>([isInput ? 16 / LargestFp8 : LargestOfSpread / MathF.Sqrt(DepthOf(weight.Name)) / LargestFp8]));
            return;
        }

        // The same norms on all ranks, which share them; all else is another part on each.
        var isNorm = type.Rows.Count == 1;
        var of = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{weight.Name} {seed} {(isNorm ? 0 : rank.Index)}"));
        var spread = isNorm ? 0.1f
            : weight.Name == ModelTensors.Embedding ? 1f
            : type.Elements == ElementType.Float8E4M3 ? LargestFp8 / LargestOfSpread
            : 1 / MathF.Sqrt(DepthOf(weight.Name));
        Fill(rank.Stream!, type.Elements, to.Pointer.Address, count, of, isNorm ? 1 : 0, spread);
        rank.Stream!.Synchronize();
    }

    private static void Fill(GpuStream stream, ElementType type, ulong address, long count, ulong seed, float center, float spread)
    {
        var shape = new LaunchShape((int)Math.Clamp(count / 1024, 1, 4096), 256);
        if (type == ElementType.BFloat16) Kernels.FillNormalBf16.Launch(stream, shape, new(address), count, seed, center, spread);
        else if (type == ElementType.Float16) Kernels.FillNormalF16.Launch(stream, shape, new(address), count, seed, center, spread);
        else Kernels.FillNormalE4m3.Launch(stream, shape, new(address), count, seed, center, spread);
    }

    // Number of columns of the whole weight, over all ranks: what a sum of the projection has.
    private int DepthOf(string name) => name.Contains("down_proj", StringComparison.Ordinal) ? config.Intermediate
        : name.Contains("o_proj", StringComparison.Ordinal) ? config.QuerySize : config.Hidden;
}
