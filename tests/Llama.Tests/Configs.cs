using Llama.Model;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>What <see cref="ModelConfigReader"/> reads and refuses.</summary>
public sealed class Configs
{
    private TestFolder folder = null!;

    [SetUp]
    public void Begin() => folder = new();

    [TearDown]
    public void End() => folder.Dispose();

    [TestCaseSource(typeof(Tiny), nameof(Tiny.All))]
    public void AreReadAsTheyWereWritten(ModelConfig config)
    {
        var read = ModelConfigReader.Read(folder.Write("config.json", ConfigJson.Write(config)));
        Assert.That(read with { EndTokens = config.EndTokens }, Is.EqualTo(config));
        Assert.That(read.EndTokens, Is.EqualTo(config.EndTokens));
    }

    [Test]
    public void OfLlama3AreThoseOfItsAuthors()
    {
        var config = Read("""
            { "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
              "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
              "rope_scaling": { "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192, "rope_type": "llama3" },
              "eos_token_id": [128001, 128008], "hidden_act": "silu", "attention_bias": false, "torch_dtype": "bfloat16", "pretraining_tp": 1 }
            """);
        int[] none = [];
        Assert.That(config with { EndTokens = none }, Is.EqualTo(new ModelConfig
        {
            Kind = ModelKind.Llama,
            Hidden = 4096,
            Intermediate = 14336,
            Layers = 32,
            Heads = 32,
            KeyValueHeads = 8,
            HeadSize = 128,
            Vocabulary = 128256,
            Context = 131072,
            Epsilon = 1e-5f,
            RopeBase = 500000,
            RopeScaling = new(8, 1, 4, 8192),
            Type = TensorDataType.BFloat16,
            EndTokens = none,
        }));
        Assert.That(config.EndTokens, Is.EqualTo([128001, 128008]));
    }

    [Test]
    public void OfANewerFormHaveRopeInAnObjectOfItsOwn()
    {
        var config = Read(Small(""" "rope_parameters": { "rope_theta": 1000000, "rope_type": "default" }, "dtype": "float16", "eos_token_id": 7 """));
        Assert.That((config.RopeBase, config.RopeScaling, config.Type, config.KeyValueHeads, config.EndTokens[0]), Is.EqualTo((1000000.0, (RopeScaling?)null, TensorDataType.Float16, 4, 7)));
    }

    [TestCase(""" "model_type": "mistral" """, "model_type is 'mistral'; expected is llama or qwen3")]
    [TestCase(""" "hidden_size": 0 """, "hidden_size is 0; expected is a number of 1 or more")]
    [TestCase(""" "hidden_size": null """, "hidden_size is missing")]
    [TestCase(""" "num_key_value_heads": 3 """, "num_key_value_heads is 3; expected is a divisor of num_attention_heads, 4")]
    [TestCase(""" "head_dim": 15 """, "head_dim is 15; expected is an even number")]
    [TestCase(""" "hidden_act": "gelu" """, "hidden_act is 'gelu'; expected is silu")]
    [TestCase(""" "attention_bias": true """, "attention_bias is true; expected is false")]
    [TestCase(""" "torch_dtype": "float32" """, "dtype is 'float32'; expected is bfloat16 or float16")]
    [TestCase(""" "rope_scaling": { "rope_type": "yarn", "factor": 4 } """, "rope_scaling.rope_type is 'yarn'; expected is default or llama3")]
    [TestCase(""" "rope_scaling": { "type": "llama3", "factor": 4 } """, "rope_scaling.low_freq_factor is missing")]
    [TestCase(""" "quantization_config": { "quant_method": "gptq" } """, "quantization_config.quant_method is 'gptq'; expected is compressed-tensors")]
    [TestCase(""" "quantization_config": { "quant_method": "compressed-tensors", "config_groups": {} } """, "quantization_config.config_groups is 0 groups")]
    [TestCase(""" "quantization_config": { "quant_method": "compressed-tensors", "config_groups": { "group_0": { "weights": { "num_bits": 4 } } } } """,
        "quantization_config.config_groups.group_0.weights.num_bits is 4; expected is 8")]
    [TestCase(
        """ "quantization_config": { "quant_method": "compressed-tensors", "config_groups": { "group_0": { "weights": { "num_bits": 8, "type": "float" }, """ +
        """ "input_activations": { "num_bits": 8, "type": "float", "dynamic": true } } } } """, "input_activations.dynamic is true; expected is false")]
    public void OfModelsThatCannotBeLoadedAreRefusedWithTheField(string field, string text)
    {
        var path = folder.Write("config.json", Small(field));
        Assert.That(() => ModelConfigReader.Read(path), Throws.TypeOf<CheckpointException>().With.Message.Contain(text).And.Message.StartWith(path));
    }

    [TestCase("{", "it is no JSON")]
    [TestCase("[]", "it is no JSON object")]
    public void ThatAreNoneAreRefused(string json, string text) => Assert.That(
        () => ModelConfigReader.Read(folder.Write("config.json", json)), Throws.TypeOf<CheckpointException>().With.Message.Contain(text));

    [Test]
    public void ThatAreMissingAreRefused() => Assert.That(
        () => ModelConfigReader.Read(folder["config.json"]), Throws.TypeOf<CheckpointException>().With.Message.Contain("it cannot be read"));

    [Test]
    public void SayWhatRanksDoNotDivide()
    {
        Assert.That(() => Tiny.Llama.ThrowUnlessDivisible(2), Throws.Nothing);
        Assert.That(() => Tiny.Llama.ThrowUnlessDivisible(4), Throws.ArgumentException.With.Message.Contain("4 ranks").And.Message.Contain("num_key_value_heads is 2"));
        Assert.That(() => Tiny.Llama.ThrowUnlessDivisible(3), Throws.ArgumentException.With.Message.Contain("num_attention_heads is 4, num_key_value_heads is 2, intermediate_size is 128"));
        Assert.That(() => (Tiny.Fp8 with { HeadSize = 8 }).ThrowUnlessDivisible(4), Throws.ArgumentException.With.Message.Contain("multiples of 16"));
    }

    // The later of two fields of one name counts.
    private static string Small(string field) => $$"""
        { "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 96, {{field}} }
        """;

    private ModelConfig Read(string json) => ModelConfigReader.Read(folder.Write("config.json", json));
}
