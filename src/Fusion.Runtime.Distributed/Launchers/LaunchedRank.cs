using System.Security.Cryptography;
using System.Text;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>What a launcher says of a rank.</summary>
/// <param name="RankVariable">Variable that has the rank, for errors.</param>
/// <param name="Rank">Index of the rank.</param>
/// <param name="SizeVariable">Variable that has the world size, for errors.</param>
/// <param name="WorldSize">World size.</param>
/// <param name="LocalRank">Index among the ranks of the machine; null if the launcher does not say it.</param>
/// <param name="Address">Gets the place where the ranks meet, which fails where the launcher does not say enough: it is called only if
/// FUSION_RENDEZVOUS is not set.</param>
internal sealed record LaunchedRank(
    string RankVariable, int Rank, string SizeVariable, int WorldSize, int? LocalRank, Func<RendezvousAddress> Address)
{
    /// <summary>Name of the launch, the same for all its ranks on all machines and for no other launch, so that launches that meet at one address do
    /// not mix; null if the launcher does not say one.</summary>
    public string? Launch { get; init; }

    private const int LongestName = 100;

    /// <summary>Makes the address of an abstract Unix socket that the ranks of one launch know and no other launch has.</summary>
    /// <param name="launcher">Name of the launcher.</param>
    /// <param name="parts">What tells the launch from others.</param>
    public static RendezvousAddress Socket(string launcher, params ReadOnlySpan<string> parts)
    {
        var all = string.Join('-', parts);
        var name = $"@fusion-{launcher}-{all}";
        // Names of jobs may be longer than a socket's; a hash is as unique.
        return RendezvousAddress.Unix(Encoding.UTF8.GetByteCount(name) <= LongestName
            ? name
            : $"@fusion-{launcher}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16))}");
    }
}
