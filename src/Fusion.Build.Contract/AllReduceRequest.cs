namespace Fusion.Build.Contract;

/// <summary>A model's all-reduce that gets kernels of its own, with its metadata as the project wrote it: fusionc alone judges
/// it.</summary>
public sealed class AllReduceRequest
{
    /// <summary>The project's name for it: <c>llama</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Elements of a token.</summary>
    public string HiddenSize { get; set; } = "";

    /// <summary>Types of the input, split by semicolons: <c>bf16</c>.</summary>
    public string DataType { get; set; } = "";

    /// <summary>Numbers of ranks, split by semicolons.</summary>
    public string WorldSizes { get; set; } = "";

    /// <summary>What follows the sum, split by semicolons: <c>residual+rmsnorm+fp8</c>.</summary>
    public string Epilogues { get; set; } = "";

    /// <summary>Architectures, split by semicolons.</summary>
    public string Architectures { get; set; } = "";
}
