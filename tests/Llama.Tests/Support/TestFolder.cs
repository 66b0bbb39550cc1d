using Llama.Model;

namespace Llama.Tests.Support;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fusion-llama");

    public string Path => folder.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Writes a file.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(this[name], text);
        return this[name];
    }
}

/// <summary>Small models.</summary>
internal static class Tiny
{
    public static ModelConfig Llama { get; } = new()
    {
        Kind = ModelKind.Llama,
        Hidden = 64,
        Intermediate = 128,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 16,
        Vocabulary = 96,
        Context = 128,
        EndTokens = [1],
        RopeBase = 500000,
        RopeScaling = new(8, 1, 4, 32),
    };

    public static ModelConfig Qwen3 { get; } = Llama with { Kind = ModelKind.Qwen3, HeadSize = 32, IsTied = true, RopeScaling = null, Epsilon = 1e-6f };

    public static ModelConfig Fp8 { get; } = Llama with { IsFp8 = true, KeyValueHeads = 4 };

    public static IEnumerable<ModelConfig> All => [Llama, Qwen3, Fp8];
}
