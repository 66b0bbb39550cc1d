using System.Globalization;
using System.Net;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Variables of torchrun, which Kubeflow's PyTorchJob and many scripts set too.</summary>
internal static class TorchRun
{
    public const string Rank = "RANK";
    public const string WorldSize = "WORLD_SIZE";

    private const string RunId = "TORCHELASTIC_RUN_ID";
    private const string LocalWorldSize = "LOCAL_WORLD_SIZE";

    /// <summary>Reads a rank; null unless both its index and the world size are set, since scripts use either for purposes of their own.</summary>
    public static LaunchedRank? Read(LauncherVariables variables)
    {
        if (variables.Text(Rank) is null || variables.Text(WorldSize) is null) return null;
        var size = variables.Needed(WorldSize, Rank, least: 1);
        // The count of restarts is no part of the name: each machine's torchrun counts those that it began itself.
        return new(Rank, variables.Needed(Rank, WorldSize), WorldSize, size, variables.Number("LOCAL_RANK"), () => Address(variables, size))
        {
            Launch = variables.Text(RunId) is { } run ? $"torchrun-{run}" : null,
        };
    }

    /// <summary>Whether torchrun itself set the variables for this process, and not a script of a launcher around it.</summary>
    public static bool IsItself(LauncherVariables variables) => variables.Text(RunId) is not null || variables.Text(LocalWorldSize) is not null;

    private static RendezvousAddress Address(LauncherVariables variables, int size)
    {
        var host = variables.NeededText("MASTER_ADDR", Rank);
        var port = variables.Needed("MASTER_PORT", Rank, least: 1);
        if (variables.Number(LocalWorldSize, least: 1) == size)
        {
            return LaunchedRank.Socket(
                "torchrun", host, port.ToString(CultureInfo.InvariantCulture), variables.Text(RunId) ?? "",
                variables.Text("TORCHELASTIC_RESTART_COUNT") ?? "0");
        }

        // torchrun's own store listens on MASTER_PORT.
        return port < IPEndPoint.MaxPort ? RendezvousAddress.Tcp(host, port + 1) : throw RendezvousErrors.Setting(
            "MASTER_PORT", $"MASTER_PORT is {port}, and the ranks meet at the port after it, which there is not.",
            "Choose a port from 1 to 65534, or set FUSION_RENDEZVOUS to tcp:host:port of rank 0.");
    }
}
