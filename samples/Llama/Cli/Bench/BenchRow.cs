namespace Llama.Cli.Bench;

/// <summary>Time of a decode step.</summary>
/// <param name="Model">Shape of the model, or name of its folder.</param>
/// <param name="Device">Word of the device.</param>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="AllReduce">How ranks sum.</param>
/// <param name="Batch">Number of sequences, each with a token in the step.</param>
/// <param name="Context">Number of tokens of each sequence before the step.</param>
/// <param name="MedianMs">Median of the steps in milliseconds.</param>
/// <param name="LeastMs">Shortest step in milliseconds.</param>
/// <param name="MostMs">Longest step in milliseconds.</param>
/// <param name="TokensPerSecond">Tokens of the batch in a second of median steps.</param>
/// <param name="FloorMs">Time in milliseconds in which a rank can read its weights once; null if the bandwidth is unknown.</param>
internal sealed record BenchRow(
    string Model, string Device, int Ranks, string AllReduce, int Batch, int Context, double MedianMs, double LeastMs, double MostMs,
    double TokensPerSecond, double? FloorMs)
{
    /// <summary>Whether each rank is in a process of its own; the times are then those of rank 0. Files of rows do not contain this.</summary>
    public bool IsInProcesses { get; init; }
}
