/// <summary>Sizes of a decoder layer on each of two ranks.</summary>
internal sealed record Shapes(int Hidden, int Heads, int KeyValueHeads, int HeadSize, int Ffn, float Epsilon)
{
    public const int Ranks = 2;

    public static Shapes Llama3Of8B { get; } = new(4096, 32, 8, 128, 14336, 1e-5f);

    public static Shapes Qwen3Of32B { get; } = new(5120, 64, 8, 128, 25600, 1e-6f);

    public int Query => Heads * HeadSize / Ranks;

    public int KeyValue => KeyValueHeads * HeadSize / Ranks;

    public int FfnOfARank => Ffn / Ranks;

    /// <summary>A layer of that kind which a CPU can run while one waits.</summary>
    public Shapes Small => this with { Hidden = 256, Heads = 4, KeyValueHeads = 2, HeadSize = 64, Ffn = 1024 };
}
