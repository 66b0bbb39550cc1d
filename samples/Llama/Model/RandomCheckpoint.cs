using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Fusion.Runtime;
using Llama.Model.Safetensors;
using Llama.Model.Sharding;

namespace Llama.Model;

/// <summary>Writes checkpoints of random weights, for tests and benches. The same shape and seed give the same bytes.</summary>
public static class RandomCheckpoint
{
    private const float LargestFp8 = 448;
    private const int Chunk = 1 << 16;

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="folder">Folder, which is made if it is missing.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="seed">Seed of the numbers.</param>
    /// <param name="files">Number of safetensors files over which the tensors are spread.</param>
    public static void Write(string folder, ModelConfig config, int seed = 1, int files = 1)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfLessThan(files, 1);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, ModelConfigReader.FileName), ConfigJson.Write(config));
        var tensors = ModelTensors.Of(config).Select((tensor, index) => ToWrite(config, tensor, (seed * 10007) + index)).ToArray();
        if (files == 1)
        {
            SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
            return;
        }

        var fileOf = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var perFile = (tensors.Length + files - 1) / files;
        foreach (var (part, index) in tensors.Chunk(perFile).Select((part, index) => (part, index)))
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"model-{index + 1:00000}-of-{(tensors.Length + perFile - 1) / perFile:00000}.safetensors");
            SafetensorsWriter.Write(Path.Combine(folder, name), part);
            foreach (var tensor in part) fileOf[tensor.Name] = name;
        }

        using var stream = File.Create(Path.Combine(folder, "model.safetensors.index.json"));
        using var json = new Utf8JsonWriter(stream, new() { Indented = true });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", tensors.Sum(tensor => tensor.Bytes));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach (var (tensor, name) in fileOf) json.WriteString(tensor, name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static TensorToWrite ToWrite(ModelConfig config, ModelTensor tensor, int seed)
    {
        var type = tensor.Types[0];
        // Weights as models are initialized, so that activations neither vanish nor explode; norms near 1.
        var isNorm = tensor.Split == ShardKind.Whole && tensor.Shape is not [1];
        var spread = isNorm ? 0.1f : tensor.Name == ModelTensors.Embedding ? 1f : 1 / MathF.Sqrt(tensor.Shape[^1]);
        var center = isNorm ? 1f : 0;
        var count = tensor.Shape.Aggregate(1L, (product, size) => product * size);
        var largest = 4 / MathF.Sqrt(tensor.Name.Contains("down_proj", StringComparison.Ordinal) ? config.Intermediate
            : tensor.Name.Contains("o_proj", StringComparison.Ordinal) ? config.QuerySize : config.Hidden);
        return tensor.Name.EndsWith("_scale", StringComparison.Ordinal)
            ? new(tensor.Name, type, tensor.Shape, stream => stream.Write(BitConverter.GetBytes(
                tensor.Name.EndsWith("input_scale", StringComparison.Ordinal) ? 16 / LargestFp8 : largest / LargestFp8)))
            : new(tensor.Name, type, tensor.Shape, stream =>
            {
                var random = new NormalNumbers(seed);
                for (var left = count; left > 0; left -= Chunk)
                {
                    var size = (int)Math.Min(left, Chunk);
                    WriteNumbers(stream, random, size, type, center, type == TensorDataType.Float8E4M3 ? spread / largest * LargestFp8 : spread);
                }
            });
    }

    private static void WriteNumbers(Stream stream, NormalNumbers random, int count, TensorDataType type, float center, float spread)
    {
        switch (type)
        {
            case TensorDataType.BFloat16: Write(value => (BFloat16)value); break;
            case TensorDataType.Float16: Write(value => (Half)value); break;
            case TensorDataType.Float8E4M3: Write(value => (Float8E4M3)Math.Clamp(value, -LargestFp8, LargestFp8)); break;
            default: Write(value => value); break;
        }

        void Write<T>(Func<float, T> convert)
            where T : unmanaged
        {
            var values = new T[count];
            for (var i = 0; i < count; i++) values[i] = convert(center + (spread * random.Next()));
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }
}

/// <summary>Random numbers that are nearly of the normal distribution, with mean 0 and variance 1, the same on every machine for a
/// seed.</summary>
internal sealed class NormalNumbers(int seed)
{
    // The variance of a sum of four even numbers from 0 to 1 is a third.
    private static readonly float Scale = MathF.Sqrt(3) / 65536;

    // Neighbouring seeds must not start a step apart.
    private ulong state = (ulong)(uint)seed * 0xD1342543DE82EF95;

    // Sums of even numbers, since logarithms and cosines may differ in their last bit between machines.
    public float Next()
    {
        // SplitMix64.
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        var sum = (int)(z & 0xFFFF) + (int)((z >> 16) & 0xFFFF) + (int)((z >> 32) & 0xFFFF) + (int)(z >> 48);
        return (sum - 131070) * Scale;
    }
}
