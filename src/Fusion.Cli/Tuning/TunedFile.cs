using System.Globalization;
using Fusion.Cli.Output;
using Fusion.Runtime;

namespace Fusion.Cli.Tuning;

/// <summary>Policy file of measured limits. What it has for other groups stays.</summary>
/// <param name="path">Path of the file.</param>
/// <param name="policy">Policy that the file has by now.</param>
internal sealed class TunedFile(string path, AllReducePolicy policy)
{
    private AllReducePolicy policy = policy;

    /// <summary>Path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Opens the file for a group: in the user's configuration folder, with what is in it already.</summary>
    /// <exception cref="CommandLine.UsageException">The user has no such folder, or the file cannot be written.</exception>
    /// <exception cref="FusionDataException">The file exists and is wrong.</exception>
    public static TunedFile For(TuneGroup group)
    {
        var folder = TunedPolicies.Folder ?? throw new CommandLine.UsageException(
            $"This user has no folder for configuration. Name one by the variable {TunedPolicies.Variable}, or a file by --out.");
        var file = TunedPolicies.FileOf(folder, group.Gpu, group.Topology);
        OutputFile.Write("The policy", file, TunedPolicies.ThrowUnlessWritable);
        var rows = File.Exists(file) ? TunedPolicies.Read(file, group.Gpu, group.Topology) : [];
        return new(file, rows.Aggregate(AllReducePolicy.Default, (made, row) => made.With(row)));
    }

    /// <summary>Writes the limits of a group into the file.</summary>
    /// <param name="group">The group that was measured.</param>
    /// <param name="limits">Its limits.</param>
    public void Write(TuneGroup group, TunedLimits limits)
    {
        policy = policy.With(RowOf(group, limits));
        OutputFile.Write("The policy", Path, file => TunedPolicies.Write(policy, file));
    }

    private static AllReducePolicyRow RowOf(TuneGroup group, TunedLimits limits)
    {
        var date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return new()
        {
            Architecture = $"sm_{group.Capability.Number}",
            Gpu = group.Gpu,
            Topology = group.Topology,
            WorldSize = group.Ranks,
            OneShotUpTo = limits.OneShotUpTo,
            TwoShotUpTo = limits.TwoShotUpTo,
            Source = string.Create(CultureInfo.InvariantCulture, $"tuned by {limits.Calls} calls on {date}, driver for CUDA {GpuDriver.Version}"),
        };
    }
}
