using System.Globalization;
using Fusion.Runtime.Distributed;

namespace Llama.Cli.CommandLine;

/// <summary>What <c>--processes</c> means for this process: its rank among those that a launcher started.</summary>
/// <param name="Rendezvous">Who the rank is and where the ranks meet; null for a process with all ranks.</param>
/// <param name="Device">Word of the device.</param>
internal readonly record struct LaunchedProcess(Rendezvous? Rendezvous, string Device)
{
    /// <summary>Whether this process prints and writes files: it has rank 0, or all ranks.</summary>
    public bool IsFirst => Rendezvous is null or { Rank: 0 };

    /// <summary>Brings what the launcher says of the device together with what the command line says.</summary>
    /// <param name="launched">What the launcher says.</param>
    /// <param name="device">Value of <c>--device</c>.</param>
    /// <param name="isGiven">Whether that was given, and is no default.</param>
    /// <exception cref="UsageException">They contradict each other.</exception>
    public static LaunchedProcess Of(Rendezvous launched, string device, bool isGiven)
    {
        switch (launched.Device)
        {
            case null:
                return new(device == "cpu" ? launched with { Device = Rendezvous.OnCpu } : launched, device);
            case Rendezvous.OnCpu when device == "cpu":
                return new(launched, device);
            case >= 0 when device != "cpu" || !isGiven:
                return new(launched, isGiven ? device : "gpu");
            default:
                var place = launched.Device == Rendezvous.OnCpu ? "on the CPU" : string.Create(CultureInfo.InvariantCulture, $"on GPU {launched.Device}");
                throw new UsageException($"The launcher puts rank {launched.Rank} {place} (FUSION_DEVICE), but '--device' is {device}. Leave one of them out.");
        }
    }
}
