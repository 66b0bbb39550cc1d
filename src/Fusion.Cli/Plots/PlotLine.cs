namespace Fusion.Cli.Plots;

/// <summary>What a line of a plot stands for.</summary>
internal enum PlotRole
{
    /// <summary>The least that the link allows.</summary>
    Floor,

    /// <summary>Another project.</summary>
    Peer,

    /// <summary>One of our strategies.</summary>
    Strategy,

    /// <summary>What the dispatcher chooses.</summary>
    Choice,
}

/// <summary>Times of one way of doing calls of several sizes.</summary>
/// <param name="Name">Name for the legend.</param>
/// <param name="Role">What the line stands for.</param>
/// <param name="Points">Bytes of the input tensor and microseconds of a call, by size.</param>
internal sealed record PlotLine(string Name, PlotRole Role, IReadOnlyList<PlotPoint> Points);

/// <summary>Time of a call of a size.</summary>
/// <param name="Bytes">Bytes of the input tensor of a rank.</param>
/// <param name="Microseconds">Time of a call in microseconds.</param>
internal readonly record struct PlotPoint(double Bytes, double Microseconds)
{
    /// <summary>Computes the bytes that each rank must send and receive at least, in a second, in units of 1e9 bytes: a sum of n ranks
    /// needs 2 × (n - 1) / n of the tensor ("bus bandwidth").</summary>
    /// <param name="ranks">World size.</param>
    public double GigabytesPerSecond(int ranks) => LinkFloor.BytesSent(Bytes, ranks) / Microseconds / 1000;
}
