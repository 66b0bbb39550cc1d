using System.Globalization;
using Fusion.Cli.CommandLine;

namespace Fusion.Cli.Plots;

/// <summary>The least time of an all-reduce that a link allows.</summary>
/// <param name="GigabytesPerSecond">Bytes that a GPU writes to others while they write to it, in 1e9 a second.</param>
/// <param name="Microseconds">Time of a call that moves next to nothing: a launch, and the way of the data.</param>
internal sealed record LinkFloor(double GigabytesPerSecond, double Microseconds)
{
    // Kernels that only write reach 355 GB/s both ways at 64 MiB; a dependent launch in a graph takes 0.63 µs, an exchange 0.75
    // (docs/performance.md).
    private static readonly Dictionary<string, LinkFloor> Measured = new() { ["NVIDIA H100 80GB HBM3"] = new(355, 1.38) };

    /// <summary>Gets the floor that was measured for a GPU; null if none was.</summary>
    /// <param name="gpu">Product name of the GPU.</param>
    /// <param name="topology">Topology of the group, as rows name it.</param>
    public static LinkFloor? Of(string gpu, string topology) => topology == "gpus" ? Measured.GetValueOrDefault(gpu) : null;

    /// <summary>Reads a floor: <c>355,1.38</c>.</summary>
    /// <exception cref="UsageException">The text is none.</exception>
    public static LinkFloor Parse(string text)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : double.NaN).ToArray();
        return numbers is [var rate, var time] && double.IsFinite(rate) && double.IsFinite(time) ? new(rate, time)
            : throw UsageException.OfCommandLine($"'{text}' is no floor of a link: expected GB/s and microseconds, as in --floor 355,1.38.");
    }

    /// <summary>Computes the bytes that each rank must send at least.</summary>
    /// <param name="bytes">Bytes of the input tensor.</param>
    /// <param name="ranks">World size.</param>
    public static double BytesSent(double bytes, int ranks) => 2.0 * (ranks - 1) / ranks * bytes;

    /// <summary>Computes the least time of a call in microseconds.</summary>
    /// <param name="bytes">Bytes of the input tensor.</param>
    /// <param name="ranks">World size.</param>
    public double Of(double bytes, int ranks) => Math.Max(Microseconds, BytesSent(bytes, ranks) / GigabytesPerSecond / 1000);
}
