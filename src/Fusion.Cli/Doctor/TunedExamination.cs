using Fusion.Cli.Output;
using Fusion.Runtime;

namespace Fusion.Cli.Doctor;

/// <summary>Looks for limits of the all-reduce that were measured for the GPUs of this machine.</summary>
internal static class TunedExamination
{
    /// <summary>Looks at the files that <see cref="AllReducePolicy.Tuned"/> would read.</summary>
    /// <param name="gpus">The GPUs.</param>
    /// <param name="problems">Gets the files that are wrong.</param>
    public static IReadOnlyList<TunedPolicyReport> All(IReadOnlyList<GpuReport> gpus, List<Finding> problems) =>
        TunedPolicies.Folder is not { } folder ? [] :
        [
            .. from name in gpus.Select(gpu => gpu.Name).Distinct()
               from topology in TunedPolicies.Topologies
               let file = TunedPolicies.FileOf(folder, name, topology)
               select new TunedPolicyReport(name, topology, file, WorldSizes(file, name, topology, problems)),
        ];

    /// <summary>Prints the files that there are, or how they come to be.</summary>
    /// <param name="policies">All files that can be.</param>
    public static void Print(IReadOnlyList<TunedPolicyReport> policies)
    {
        if (policies.Count == 0) return;
        var found = policies.Where(policy => File.Exists(policy.File)).ToList();
        Screen.Line(found.Count > 0
            ? "Limits of the all-reduce that were tuned for these GPUs, for AllReducePolicy.Tuned:"
            : $"No limits of the all-reduce were tuned for these GPUs in {Path.GetDirectoryName(policies[0].File)}: 'fusion tune' measures them.");
        if (found.Count == 0) return;
        Screen.Table(["name", "ranks", "file"], found.Select(policy => new[]
        {
            policy.Gpu,
            $"{(policy.WorldSizes.Count > 0 ? string.Join(", ", policy.WorldSizes) : "none")}{(policy.Topology == GroupTopology.Loopback ? " on one GPU" : "")}",
            policy.File,
        }));
    }

    private static int[] WorldSizes(string file, string gpu, GroupTopology topology, List<Finding> problems)
    {
        if (!File.Exists(file)) return [];
        try
        {
            return [.. TunedPolicies.Read(file, gpu, topology).Select(row => row.WorldSize).OfType<int>().Order()];
        }
        catch (FusionDataException e)
        {
            problems.Add(new(e.Message, "Correct the file, or delete it and measure again: fusion tune."));
            return [];
        }
    }
}
