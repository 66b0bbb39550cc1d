namespace Llama.Model;

/// <summary>Shapes of known models, for random checkpoints and benches.</summary>
public static class KnownShapes
{
    private static readonly Dictionary<string, ModelConfig> ByName = new(StringComparer.Ordinal)
    {
        ["tiny"] = new()
        {
            Kind = ModelKind.Llama,
            Hidden = 256,
            Intermediate = 512,
            Layers = 4,
            Heads = 8,
            KeyValueHeads = 4,
            HeadSize = 32,
            Vocabulary = 512,
            Context = 1024,
            RopeBase = 500000,
            RopeScaling = new(8, 1, 4, 256),
            EndTokens = [1],
        },
        ["llama-3-8b"] = new()
        {
            Kind = ModelKind.Llama,
            Hidden = 4096,
            Intermediate = 14336,
            Layers = 32,
            Heads = 32,
            KeyValueHeads = 8,
            HeadSize = 128,
            Vocabulary = 128256,
            Context = 8192,
            RopeBase = 500000,
            EndTokens = [128001],
        },
        ["qwen3-32b"] = new()
        {
            Kind = ModelKind.Qwen3,
            Hidden = 5120,
            Intermediate = 25600,
            Layers = 64,
            Heads = 64,
            KeyValueHeads = 8,
            HeadSize = 128,
            Vocabulary = 151936,
            Context = 40960,
            Epsilon = 1e-6f,
            RopeBase = 1000000,
            EndTokens = [151645],
        },
    };

    /// <summary>Names of the shapes.</summary>
    public static IEnumerable<string> Names => ByName.Keys;

    /// <summary>Gets a shape.</summary>
    /// <param name="name">Name of the shape.</param>
    /// <param name="isFp8">Whether the projections are FP8.</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static ModelConfig Get(string name, bool isFp8 = false) => ByName.TryGetValue(name, out var shape) ? shape with { IsFp8 = isFp8 }
        : throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", Names)}.", nameof(name));
}
