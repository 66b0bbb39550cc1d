namespace Fusion.Cli.Benchmarks;

/// <summary>One measurement.</summary>
/// <param name="Gpu">What it ran on.</param>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="Topology">Where they are.</param>
/// <param name="Hidden">Elements of a token.</param>
/// <param name="Tokens">Tokens of the call.</param>
/// <param name="DataType">Type of the input.</param>
/// <param name="Epilogue">What follows the sum.</param>
/// <param name="Strategy">How it was done.</param>
/// <param name="Launch">graph or eager.</param>
/// <param name="MedianMicroseconds">Time of a call, the median.</param>
/// <param name="LeastMicroseconds">The least.</param>
/// <param name="MostMicroseconds">The most.</param>
internal sealed record BenchRow(
    string Gpu, int Ranks, string Topology, int Hidden, int Tokens, string DataType, string Epilogue, string Strategy, string Launch,
    double MedianMicroseconds, double LeastMicroseconds, double MostMicroseconds)
{
    /// <summary>Whether the kernels were compiled for one model. Files of rows do not hold it.</summary>
    public bool IsForOneModel { get; init; }

    /// <summary>Equal for measurements of the same call, however it was done.</summary>
    public (int Ranks, int Hidden, int Tokens, string DataType, string Epilogue) Call =>
        (Ranks, Hidden, Tokens, DataType, Epilogue);
}
