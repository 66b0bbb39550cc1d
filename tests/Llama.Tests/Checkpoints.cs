using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests;

/// <summary>What <see cref="Checkpoint"/> opens and refuses.</summary>
public sealed class Checkpoints
{
    private TestFolder folder = null!;

    [SetUp]
    public void Begin() => folder = new();

    [TearDown]
    public void End() => folder.Dispose();

    [Test]
    public void OfRandomWeightsHaveTheTensorsOfTheirModel([ValueSource(typeof(Tiny), nameof(Tiny.All))] ModelConfig config, [Values(1, 3)] int files)
    {
        RandomCheckpoint.Write(folder.Path, config, files: files);
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.That(checkpoint.Names, Is.EquivalentTo(ModelTensors.Of(config).Select(tensor => tensor.Name)));
        Assert.That(Directory.GetFiles(folder.Path, "*.safetensors"), Has.Length.EqualTo(files));
    }

    [Test]
    public void OfOneSeedAreTheSameInOneFileAndInSeveral()
    {
        RandomCheckpoint.Write(folder["one"], Tiny.Fp8);
        RandomCheckpoint.Write(folder["several"], Tiny.Fp8, files: 4);
        using var one = Checkpoint.Open(folder["one"]);
        using var several = Checkpoint.Open(folder["several"]);
        var (a, b) = (new ModelWeights(one, 0, 1), new ModelWeights(several, 0, 1));
        foreach (var name in a.Names) Assert.That(b.Shard(name).ToArray(), Is.EqualTo(a.Shard(name).ToArray()), name);
    }

    [Test]
    public void WithoutAFileOfTheIndexAreRefused()
    {
        RandomCheckpoint.Write(folder.Path, Tiny.Llama, files: 2);
        File.Delete(folder["model-00002-of-00002.safetensors"]);
        Refuses("it names the file 'model-00002-of-00002.safetensors', which is not in the folder");
    }

    [Test]
    public void WhoseIndexIsWrongAreRefused()
    {
        RandomCheckpoint.Write(folder.Path, Tiny.Llama, files: 2);
        var index = folder["model.safetensors.index.json"];
        var json = File.ReadAllText(index);
        File.WriteAllText(index, json.Replace("\"model.norm.weight\": \"model-00002", "\"model.norm.weight\": \"model-00001", StringComparison.Ordinal));
        Refuses("it says that 'model.norm.weight' is in model-00001-of-00002.safetensors, but model-00002-of-00002.safetensors has it");
        File.WriteAllText(index, json.Replace("\"model.norm.weight\"", "\"model.norm.bias\"", StringComparison.Ordinal));
        Refuses("it says that 'model.norm.bias' is in model-00002-of-00002.safetensors, which does not have it");
        File.WriteAllText(index, json.Replace("model-00001-of", "../model-00001-of", StringComparison.Ordinal));
        Refuses("it names the file '../model-00001-of-00002.safetensors'");
        File.WriteAllText(index, """{ "weight_map": 3 }""");
        Refuses("it has no weight_map");
        File.WriteAllText(index, "{");
        Refuses("it is no JSON");
    }

    [Test]
    public void WithATensorInTwoFilesAreRefused()
    {
        RandomCheckpoint.Write(folder.Path, Tiny.Llama, files: 2);
        File.Copy(folder["model-00001-of-00002.safetensors"], folder["model-00002-of-00002.safetensors"], overwrite: true);
        Refuses("it has the tensor 'model.embed_tokens.weight', which model-00001-of-00002.safetensors has too");
    }

    [Test]
    public void WithoutWeightsAreRefused()
    {
        folder.Write("config.json", ConfigJson.Write(Tiny.Llama));
        Refuses("it has neither model.safetensors nor model.safetensors.index.json");
    }

    [Test]
    public void OfAnotherShapeTypeOrNameAreRefusedWithThem()
    {
        RandomCheckpoint.Write(folder.Path, Tiny.Llama);
        folder.Write("config.json", ConfigJson.Write(Tiny.Llama with { Intermediate = 256 }));
        Refuses("'model.layers.0.mlp.gate_proj.weight' is BF16[128, 64]; expected is BF16[256, 64]");
        folder.Write("config.json", ConfigJson.Write(Tiny.Llama with { Type = TensorDataType.Float16 }));
        Refuses("'model.embed_tokens.weight' is BF16[96, 64]; expected is F16[96, 64]");
        folder.Write("config.json", ConfigJson.Write(Tiny.Llama with { Layers = 3 }));
        Refuses("it lacks the tensor 'model.layers.2.input_layernorm.weight'");
        folder.Write("config.json", ConfigJson.Write(Tiny.Llama with { IsFp8 = true }));
        Refuses("'model.layers.0.self_attn.q_proj.weight' is BF16[64, 64]; expected is F8_E4M3[64, 64]");
    }

    [Test]
    public void OfFp8WithAScaleThatIsNoneAreRefused()
    {
        RandomCheckpoint.Write(folder.Path, Tiny.Fp8);
        using (var checkpoint = Checkpoint.Open(folder.Path))
            Assert.That(new ModelWeights(checkpoint, 0, 2).Scale("model.layers.0.mlp.up_proj.weight_scale"), Is.EqualTo(4 / 8f / 448));
        long at;
        using (var checkpoint = Checkpoint.Open(folder.Path)) at = checkpoint.Find("model.layers.0.mlp.up_proj.weight_scale").Entry.Start;
        using (var file = File.OpenWrite(folder["model.safetensors"]))
        {
            file.Position = at;
            file.Write(BitConverter.GetBytes(float.NaN));
        }

        using var broken = Checkpoint.Open(folder.Path);
        Assert.That(() => new ModelWeights(broken, 0, 2).Scale("model.layers.0.mlp.up_proj.weight_scale"),
            Throws.TypeOf<CheckpointException>().With.Message.Contain("'model.layers.0.mlp.up_proj.weight_scale' is NaN"));
    }

    [Test]
    public void OfKnownShapesHaveTheSizesOfTheirModels()
    {
        Assert.That(Parameters("llama-3-8b"), Is.EqualTo(8_030_261_248));
        Assert.That(Parameters("qwen3-32b"), Is.EqualTo(32_762_123_264));
        Assert.That(() => KnownShapes.Get("gpt-2"), Throws.ArgumentException.With.Message.Contain("there are tiny, llama-3-8b, qwen3-32b"));
        foreach (var name in KnownShapes.Names)
        {
            foreach (var ranks in new[] { 1, 2, 4 })
                Assert.That(() => KnownShapes.Get(name, isFp8: true).ThrowUnlessDivisible(ranks), Throws.Nothing, $"{name} on {ranks} ranks");
        }

        static long Parameters(string name) => ModelTensors.Of(KnownShapes.Get(name)).Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));
    }

    [Test]
    public void OfRandomWeightsHaveTheSpreadOfAModelThatIsTrained()
    {
        RandomCheckpoint.Write(folder.Path, KnownShapes.Get("tiny"));
        using var checkpoint = Checkpoint.Open(folder.Path);
        var bytes = new ModelWeights(checkpoint, 0, 1).Shard("model.layers.3.mlp.up_proj.weight").ToArray();
        var values = bytes.Chunk(2).Select(pair => (double)(float)BFloat16.FromBits(BitConverter.ToUInt16(pair))).ToArray();
        Assert.That(values.Average(), Is.EqualTo(0).Within(0.001));
        Assert.That(Math.Sqrt(values.Average(value => value * value)), Is.EqualTo(1 / Math.Sqrt(256)).Within(0.001));
        Assert.That(values[1..].Zip(values, (a, b) => a * b).Average() * 256, Is.EqualTo(0).Within(0.02), "neighbours tell nothing of each other");
    }

    private void Refuses(string text) => Assert.That(() => Checkpoint.Open(folder.Path), Throws.TypeOf<CheckpointException>().With.Message.Contain(text));
}
