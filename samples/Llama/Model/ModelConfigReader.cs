using System.Globalization;
using System.Text.Json;
using Llama.Model.Safetensors;

namespace Llama.Model;

/// <summary>Reads <c>config.json</c> as Hugging Face writes it.</summary>
public static class ModelConfigReader
{
    /// <summary>Name of the file in a checkpoint's folder.</summary>
    public const string FileName = "config.json";

    /// <summary>Reads a configuration and checks it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or describes a model that cannot be loaded.</exception>
    public static ModelConfig Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw new CheckpointException(path, "it is no JSON object");
            return Read(new ConfigFields(path, json.RootElement));
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"it is no JSON: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"it cannot be read: {e.Message}", e);
        }
    }

    private static ModelConfig Read(ConfigFields fields)
    {
        var type = fields.Text("model_type");
        var kind = type switch
        {
            "llama" => ModelKind.Llama,
            "qwen3" => ModelKind.Qwen3,
            _ => throw fields.Wrong("model_type", $"'{type}'", "llama or qwen3"),
        };
        if (fields.Text("hidden_act", "silu") is not "silu" and var activation) throw fields.Wrong("hidden_act", $"'{activation}'", "silu");
        foreach (var bias in new[] { "attention_bias", "mlp_bias" })
        {
            if (fields.Flag(bias)) throw fields.Wrong(bias, "true", "false: projections with a bias cannot be loaded");
        }

        if (fields.Flag("use_sliding_window")) throw fields.Wrong("use_sliding_window", "true", "false");
        var hidden = fields.Size("hidden_size");
        var heads = fields.Size("num_attention_heads");
        var keyValueHeads = fields.Size("num_key_value_heads", heads);
        var headSize = fields.Size("head_dim", Math.Max(1, hidden / heads));
        if (heads % keyValueHeads != 0) throw fields.Wrong("num_key_value_heads", $"{keyValueHeads}", $"a divisor of num_attention_heads, {heads}");
        if (headSize % 2 != 0) throw fields.Wrong("head_dim", $"{headSize}", "an even number, as RoPE turns pairs");
        if (hidden % 8 != 0) throw fields.Wrong("hidden_size", $"{hidden}", "a multiple of 8");
        var (ropeBase, scaling) = RopeFields.Read(fields);
        var word = fields.Text("dtype", fields.Text("torch_dtype", "bfloat16"));
        return new()
        {
            Kind = kind,
            Hidden = hidden,
            Intermediate = fields.Size("intermediate_size"),
            Layers = fields.Size("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            Vocabulary = fields.Size("vocab_size"),
            Context = fields.Size("max_position_embeddings", 2048),
            Epsilon = (float)fields.Number("rms_norm_eps", 1e-6),
            RopeBase = ropeBase,
            RopeScaling = scaling,
            IsTied = fields.Flag("tie_word_embeddings"),
            Type = word switch
            {
                "bfloat16" => TensorDataType.BFloat16,
                "float16" => TensorDataType.Float16,
                _ => throw fields.Wrong("dtype", $"'{word}'", "bfloat16 or float16"),
            },
            IsFp8 = QuantizationFields.IsFp8(fields),
            EndTokens = fields.Integers("eos_token_id"),
        };
    }
}

/// <summary>Fields of a configuration, with errors that name file and field.</summary>
internal sealed class ConfigFields(string file, JsonElement json, string prefix = "")
{
    public string Text(string name, string? otherwise = null) => Find(name) switch
    {
        null => otherwise ?? throw Wrong(name, "missing", "a word"),
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        { } value => throw Wrong(name, value.GetRawText(), "a word"),
    };

    public bool Flag(string name) => Find(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } value => value.GetBoolean(),
        { } value => throw Wrong(name, value.GetRawText(), "true or false"),
    };

    public int Size(string name, int? otherwise = null) => Find(name) switch
    {
        null => otherwise ?? throw Wrong(name, "missing", "a number of 1 or more"),
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var size) && size > 0 => size,
        { } value => throw Wrong(name, value.GetRawText(), "a number of 1 or more"),
    };

    public double Number(string name, double? otherwise = null) => Find(name) switch
    {
        null => otherwise ?? throw Wrong(name, "missing", "a number above 0"),
        { ValueKind: JsonValueKind.Number } value when value.GetDouble() is > 0 and < double.PositiveInfinity and var number => number,
        { } value => throw Wrong(name, value.GetRawText(), "a number above 0"),
    };

    public int[] Integers(string name) => Find(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var one) => [one],
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(one => one.ValueKind == JsonValueKind.Number && one.TryGetInt32(out _)) =>
            [.. list.EnumerateArray().Select(one => one.GetInt32())],
        { } value => throw Wrong(name, value.GetRawText(), "a number, or a list of numbers"),
    };

    public ConfigFields? Part(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new(file, value, $"{prefix}{name}."),
        { } value => throw Wrong(name, value.GetRawText(), "an object"),
    };

    public IEnumerable<(string Name, ConfigFields Fields)> Parts() => json.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.Object)
        .Select(one => (one.Name, new ConfigFields(file, one.Value, $"{prefix}{one.Name}.")));

    public CheckpointException Wrong(string name, string found, string expected) =>
        new(file, string.Create(CultureInfo.InvariantCulture, $"{prefix}{name} is {found}; expected is {expected}"));

    private JsonElement? Find(string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}

/// <summary>Reads what a configuration says of RoPE, at the top or in <c>rope_parameters</c>.</summary>
internal static class RopeFields
{
    public static (double Base, RopeScaling? Scaling) Read(ConfigFields fields)
    {
        var all = fields.Part("rope_parameters");
        var ropeBase = all?.Number("rope_theta", 10000) ?? fields.Number("rope_theta", 10000);
        if ((all ?? fields.Part("rope_scaling")) is not { } scaling) return (ropeBase, null);
        return scaling.Text("rope_type", scaling.Text("type", "default")) switch
        {
            "default" => (ropeBase, null),
            "llama3" => (ropeBase, new(
                scaling.Number("factor"), scaling.Number("low_freq_factor"), scaling.Number("high_freq_factor"), scaling.Size("original_max_position_embeddings"))),
            var other => throw scaling.Wrong("rope_type", $"'{other}'", "default or llama3"),
        };
    }
}

/// <summary>Reads what a configuration says of quantization: none, or FP8 of <c>compressed-tensors</c> with static scales by
/// tensor.</summary>
internal static class QuantizationFields
{
    public static bool IsFp8(ConfigFields fields)
    {
        if (fields.Part("quantization_config") is not { } quantization) return false;
        if (quantization.Text("quant_method") is not "compressed-tensors" and var method)
            throw quantization.Wrong("quant_method", $"'{method}'", "compressed-tensors");
        var groups = quantization.Part("config_groups")?.Parts().Select(one => one.Fields).ToArray() ?? [];
        if (groups is not [var group]) throw quantization.Wrong("config_groups", $"{groups.Length} groups", "one group, of all projections");
        foreach (var name in new[] { "weights", "input_activations" })
        {
            var part = group.Part(name) ?? throw group.Wrong(name, "missing", "FP8 with a static scale by tensor");
            if (part.Text("type", "float") is not "float" and var type) throw part.Wrong("type", $"'{type}'", "float");
            if (part.Size("num_bits") is not 8 and var bits) throw part.Wrong("num_bits", $"{bits}", "8");
            if (part.Text("strategy", "tensor") is not "tensor" and var strategy) throw part.Wrong("strategy", $"'{strategy}'", "tensor");
            if (part.Flag("dynamic")) throw part.Wrong("dynamic", "true", "false: scales of the checkpoint");
        }

        return true;
    }
}
