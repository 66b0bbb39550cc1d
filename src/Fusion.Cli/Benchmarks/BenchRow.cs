namespace Fusion.Cli.Benchmarks;

/// <summary>Measurement of a call.</summary>
/// <param name="Gpu">Name of the GPU.</param>
/// <param name="Ranks">World size.</param>
/// <param name="Topology">Topology of the group.</param>
/// <param name="Hidden">Number of elements of a token.</param>
/// <param name="Tokens">Number of tokens of the call.</param>
/// <param name="DataType">Type of the input.</param>
/// <param name="Epilogue">Epilogue of the call.</param>
/// <param name="Strategy">Strategy of the call.</param>
/// <param name="Launch">Way of launching: graph or eager, with <see cref="InProcesses"/> behind it where each rank was in a process of its own.</param>
/// <param name="MedianMicroseconds">Median time of a call in microseconds.</param>
/// <param name="LeastMicroseconds">Shortest time of a call in microseconds.</param>
/// <param name="MostMicroseconds">Longest time of a call in microseconds.</param>
internal sealed record BenchRow(
    string Gpu, int Ranks, string Topology, int Hidden, int Tokens, string DataType, string Epilogue, string Strategy, string Launch,
    double MedianMicroseconds, double LeastMicroseconds, double MostMicroseconds)
{
    /// <summary>End of <see cref="Launch"/> where each rank launched from a process of its own.</summary>
    public const string InProcesses = " in processes";

    /// <summary>Whether each rank was in a process of its own; the times are then those of the slowest rank.</summary>
    public bool IsInProcesses => Launch.EndsWith(InProcesses, StringComparison.Ordinal);

    /// <summary>Whether the kernels were compiled for one model. Files of rows do not contain this.</summary>
    public bool IsForOneModel { get; init; }

    /// <summary>Key that is equal for measurements of the same call by any strategy and kernels.</summary>
    public (int Ranks, int Hidden, int Tokens, string DataType, string Epilogue) Call =>
        (Ranks, Hidden, Tokens, DataType, Epilogue);
}
