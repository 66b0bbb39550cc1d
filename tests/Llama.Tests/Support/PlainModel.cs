using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Safetensors;

namespace Llama.Tests.Support;

/// <summary>A model written down once more, in double precision, without graph, ranks, cache or roundings: the formulas alone.</summary>
internal sealed class PlainModel(Checkpoint checkpoint)
{
    private readonly ModelConfig config = checkpoint.Config;
    private readonly Dictionary<string, double[]> read = [];

    /// <summary>Logits of each token of a text.</summary>
    public double[][] Logits(int[] text)
    {
        var embedding = Weight(ModelTensors.Embedding);
        var x = text.Select(token => embedding[(token * config.Hidden)..((token + 1) * config.Hidden)]).ToArray();
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var (at, n) = (layer, x.Select(row => Norm(row, ModelTensors.InLayer(layer, "input_layernorm.weight"))).ToArray());
            x = Add(x, Attend(n, at).Select(row => Project(row, at, "self_attn.o_proj")));
            n = [.. x.Select(row => Norm(row, ModelTensors.InLayer(at, "post_attention_layernorm.weight")))];
            x = Add(x, n.Select(row =>
            {
                var (gate, up) = (Project(row, at, "mlp.gate_proj"), Project(row, at, "mlp.up_proj"));
                return Project([.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])], at, "mlp.down_proj");
            }));
        }

        var head = Weight(config.IsTied ? ModelTensors.Embedding : ModelTensors.Head);
        return [.. x.Select(row => Multiply(Norm(row, ModelTensors.LastNorm), head))];
    }

    private double[][] Attend(double[][] n, int layer)
    {
        var size = config.HeadSize;
        var q = n.Select((row, position) => Turn(Heads(Project(row, layer, "self_attn.q_proj"), layer, "q_norm"), position)).ToArray();
        var k = n.Select((row, position) => Turn(Heads(Project(row, layer, "self_attn.k_proj"), layer, "k_norm"), position)).ToArray();
        var v = n.Select(row => Project(row, layer, "self_attn.v_proj")).ToArray();
        return [.. q.Select((query, token) => Enumerable.Range(0, config.Heads).SelectMany(head =>
        {
            var group = head * config.KeyValueHeads / config.Heads;
            var scores = Enumerable.Range(0, token + 1).Select(other =>
                Enumerable.Range(0, size).Sum(c => query[(head * size) + c] * k[other][(group * size) + c]) / Math.Sqrt(size)).ToArray();
            var weights = scores.Select(Math.Exp).ToArray();
            return Enumerable.Range(0, size).Select(c => weights.Select((w, other) => w * v[other][(group * size) + c]).Sum() / weights.Sum());
        }).ToArray())];
    }

    private double[] Heads(double[] row, int layer, string norm) => config.Kind != ModelKind.Qwen3 ? row
        : [.. row.Chunk(config.HeadSize).SelectMany(head => Norm(head, ModelTensors.InLayer(layer, $"self_attn.{norm}.weight")))];

    // As complex numbers: the two halves of a head are their real and imaginary parts.
    private double[] Turn(double[] row, int position) => [.. row.Chunk(config.HeadSize).SelectMany(head =>
    {
        var half = config.HeadSize / 2;
        var turned = Enumerable.Range(0, half).Select(i =>
            new System.Numerics.Complex(head[i], head[i + half]) * System.Numerics.Complex.FromPolarCoordinates(1, position * Frequency(i))).ToArray();
        return turned.Select(c => c.Real).Concat(turned.Select(c => c.Imaginary));
    })];

    private double Frequency(int i)
    {
        var frequency = 1 / Math.Pow(config.RopeBase, 2.0 * i / config.HeadSize);
        if (config.RopeScaling is not { } s) return frequency;
        var wave = 2 * Math.PI / frequency;
        var (lowest, highest) = (s.OriginalContext / s.LowFrequencyFactor, s.OriginalContext / s.HighFrequencyFactor);
        if (wave > lowest) return frequency / s.Factor;
        if (wave < highest) return frequency;
        var smooth = ((s.OriginalContext / wave) - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor);
        return ((1 - smooth) * (frequency / s.Factor)) + (smooth * frequency);
    }

    private double[] Norm(double[] row, string weight)
    {
        var gamma = Weight(weight);
        var scale = 1 / Math.Sqrt(row.Average(value => value * value) + config.Epsilon);
        return [.. row.Select((value, i) => value * scale * gamma[i])];
    }

    private double[] Project(double[] row, int layer, string name)
    {
        var weight = Weight(ModelTensors.InLayer(layer, $"{name}.weight"));
        if (!config.IsFp8) return Multiply(row, weight);
        var (scale, inputScale) = (Weight(ModelTensors.InLayer(layer, $"{name}.weight_scale"))[0], Weight(ModelTensors.InLayer(layer, $"{name}.input_scale"))[0]);
        // The codes are part of the format, not a rounding of ours.
        double[] codes = [.. row.Select(value => (double)(float)(Float8E4M3)(float)(value / inputScale))];
        return [.. Multiply(codes, weight).Select(value => value * scale * inputScale)];
    }

    private static double[] Multiply(double[] row, double[] weight) =>
        [.. Enumerable.Range(0, weight.Length / row.Length).Select(n => row.Select((value, k) => value * weight[(n * row.Length) + k]).Sum())];

    private static double[][] Add(double[][] x, IEnumerable<double[]> y) => [.. x.Zip(y, (a, b) => a.Zip(b, (c, d) => c + d).ToArray())];

    private double[] Weight(string name)
    {
        if (read.TryGetValue(name, out var values)) return values;
        var (file, entry) = checkpoint.Find(name);
        var bytes = file.Bytes(entry, 0, (int)entry.Bytes).ToArray();
        var width = TensorDataTypes.BytesOf(entry.Type);
        return read[name] = [.. Enumerable.Range(0, bytes.Length / width).Select(i => entry.Type switch
        {
            TensorDataType.BFloat16 => (double)(float)BFloat16.FromBits(BitConverter.ToUInt16(bytes, i * width)),
            TensorDataType.Float8E4M3 => (float)Float8E4M3.FromBits(bytes[i]),
            TensorDataType.Float16 => (double)BitConverter.ToHalf(bytes, i * width),
            _ => BitConverter.ToSingle(bytes, i * width),
        })];
    }
}
