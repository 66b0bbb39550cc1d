using System.Text;
using System.Text.Json;
using Llama.Model.Safetensors;

namespace Llama.Model;

/// <summary>Writes <c>config.json</c> as Hugging Face reads it.</summary>
public static class ConfigJson
{
    /// <summary>Writes a configuration.</summary>
    /// <param name="config">Shape of the model.</param>
    public static string Write(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            var isQwen = config.Kind == ModelKind.Qwen3;
            json.WriteString("model_type", isQwen ? "qwen3" : "llama");
            json.WriteStartArray("architectures");
            json.WriteStringValue(isQwen ? "Qwen3ForCausalLM" : "LlamaForCausalLM");
            json.WriteEndArray();
            json.WriteNumber("hidden_size", config.Hidden);
            json.WriteNumber("intermediate_size", config.Intermediate);
            json.WriteNumber("num_hidden_layers", config.Layers);
            json.WriteNumber("num_attention_heads", config.Heads);
            json.WriteNumber("num_key_value_heads", config.KeyValueHeads);
            json.WriteNumber("head_dim", config.HeadSize);
            json.WriteNumber("vocab_size", config.Vocabulary);
            json.WriteNumber("max_position_embeddings", config.Context);
            json.WriteNumber("rms_norm_eps", (double)(decimal)config.Epsilon);
            json.WriteNumber("rope_theta", config.RopeBase);
            json.WriteString("hidden_act", "silu");
            json.WriteBoolean("attention_bias", false);
            json.WriteBoolean("tie_word_embeddings", config.IsTied);
            json.WriteString("torch_dtype", config.Type == TensorDataType.Float16 ? "float16" : "bfloat16");
            if (config.EndTokens.Count > 0)
            {
                json.WriteStartArray("eos_token_id");
                foreach (var token in config.EndTokens) json.WriteNumberValue(token);
                json.WriteEndArray();
            }

            if (config.RopeScaling is { } scaling)
            {
                json.WriteStartObject("rope_scaling");
                json.WriteString("rope_type", "llama3");
                json.WriteNumber("factor", scaling.Factor);
                json.WriteNumber("low_freq_factor", scaling.LowFrequencyFactor);
                json.WriteNumber("high_freq_factor", scaling.HighFrequencyFactor);
                json.WriteNumber("original_max_position_embeddings", scaling.OriginalContext);
                json.WriteEndObject();
            }

            if (config.IsFp8) WriteQuantization(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteQuantization(Utf8JsonWriter json)
    {
        json.WriteStartObject("quantization_config");
        json.WriteString("quant_method", "compressed-tensors");
        json.WriteString("format", "float-quantized");
        json.WriteString("quantization_status", "compressed");
        json.WriteStartObject("config_groups");
        json.WriteStartObject("group_0");
        json.WriteStartArray("targets");
        json.WriteStringValue("Linear");
        json.WriteEndArray();
        foreach (var name in new[] { "weights", "input_activations" })
        {
            json.WriteStartObject(name);
            json.WriteNumber("num_bits", 8);
            json.WriteString("type", "float");
            json.WriteString("strategy", "tensor");
            json.WriteBoolean("symmetric", true);
            json.WriteBoolean("dynamic", false);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartArray("ignore");
        json.WriteStringValue("lm_head");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
