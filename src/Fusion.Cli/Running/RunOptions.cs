using System.Globalization;
using System.Security.Cryptography;

namespace Fusion.Cli.Running;

/// <summary>What <c>fusion run</c> was asked for.</summary>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="Devices">Where each rank computes, as FUSION_DEVICE says it; empty if the ranks decide.</param>
/// <param name="Timeout">Seconds for FUSION_RENDEZVOUS_TIMEOUT; null to leave it.</param>
/// <param name="Grace">Time in which ranks that are to end may end by themselves.</param>
/// <param name="Program">The program and its arguments.</param>
internal sealed record RunOptions(int Ranks, IReadOnlyList<string> Devices, double? Timeout, TimeSpan Grace, IReadOnlyList<string> Program)
{
    // Nobody else can know them, and no file can be left of an abstract socket.
    private readonly string address = $"unix:@fusion-run-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
    private readonly string secret = RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Sets the variables of a rank.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="environment">Environment of its process.</param>
    public void SetVariables(int rank, IDictionary<string, string?> environment)
    {
        // A group around this one may have left its own.
        foreach (var name in new[] { "FUSION_SECRET_FILE", "FUSION_TLS_CERTIFICATE", "FUSION_TLS_KEY", "FUSION_TLS_AUTHORITY" }) environment.Remove(name);
        environment["FUSION_RANK"] = environment["FUSION_LOCAL_RANK"] = rank.ToString(CultureInfo.InvariantCulture);
        environment["FUSION_WORLD_SIZE"] = Ranks.ToString(CultureInfo.InvariantCulture);
        environment["FUSION_RENDEZVOUS"] = address;
        environment["FUSION_SECRET"] = secret;
        if (Devices.Count > 0) environment["FUSION_DEVICE"] = Devices[rank % Devices.Count];
        if (Timeout is { } seconds) environment["FUSION_RENDEZVOUS_TIMEOUT"] = seconds.ToString(CultureInfo.InvariantCulture);
    }
}
