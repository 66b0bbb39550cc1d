using System.Net;

namespace Fusion.Runtime.Distributed;

/// <summary>Who a rank is and where the ranks of its group meet: what <see cref="DistributedGroups.JoinAsync"/> needs to know.</summary>
/// <remarks>Made by <see cref="FromEnvironment"/> under a launcher, or from code. All ranks of a group give the same world size, address,
/// name and secret.</remarks>
public sealed record Rendezvous
{
    /// <summary>Index of this rank, from 0. Rank 0 listens at <see cref="Address"/>.</summary>
    public required int Rank { get; init; }

    /// <summary>World size: 1 to 8, or 16.</summary>
    public required int WorldSize { get; init; }

    /// <summary>Index of this rank among those of its machine, from 0, which chooses its GPU. Default: <see cref="Rank"/>.</summary>
    public int? LocalRank { get; init; }

    /// <summary>Place where the ranks meet.</summary>
    public required RendezvousAddress Address { get; init; }

    /// <summary>Name of the group: ranks that give another one do not meet, also at the same address. Default: <c>default</c>;
    /// <see cref="FromEnvironment"/> gives the launcher's name of the launch, if it says one.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Secret that all ranks share, of which each proves its knowledge without sending it; null for none, which is refused where
    /// others than this user of this machine can connect.</summary>
    public string? Secret { get; init; }

    /// <summary>Certificates with which connections over TCP are encrypted; null for none.</summary>
    public RendezvousTls? Tls { get; init; }

    /// <summary>Where this rank computes: a GPU's ordinal, or <see cref="OnCpu"/>; null for the GPU whose ordinal is
    /// <see cref="LocalRank"/>, counted round if the process sees fewer GPUs.</summary>
    public int? Device { get; init; }

    /// <summary>Whether ranks of one machine may share memory. Default: yes, where the processes reach each other's; otherwise the ranks are as
    /// far from each other as on machines of their own: those on the CPU exchange by messages, those on GPUs by NCCL
    /// (<see cref="GroupTopology.Machines"/>).</summary>
    public bool SharesMemory { get; init; } = true;

    /// <summary>Longest time until all ranks have met, and longest time that one step of making a group or an operation takes. Default: one minute.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time without a sign of life after which a rank counts as gone, for processes that are stopped and machines that
    /// cannot be reached; the end of a process is seen at once. Default: 10 seconds.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Identity of this rank's machine; null for the real one. Tests say others.</summary>
    internal string? Machine { get; init; }

    /// <summary>Value of <see cref="Device"/> for a rank on the CPU.</summary>
    public const int OnCpu = -1;

    /// <summary>Reads what a launcher says in the environment: <c>FUSION_RANK</c> and its like, or the variables of torchrun, Open MPI, MPICH or
    /// Slurm; docs/deploying.md lists them.</summary>
    /// <returns>What the environment says.</returns>
    /// <exception cref="FusionArgumentException">A variable is missing or wrong (FUSION4013).</exception>
    public static Rendezvous FromEnvironment() => Launchers.LauncherEnvironment.Read(Environment.GetEnvironmentVariable);

    /// <summary>Says who and where, without the secret.</summary>
    public override string ToString() => $"rank {Rank} of {WorldSize} at {Address}, group '{Name}'";
}

/// <summary>Place where the ranks of a group meet: a Unix socket of one machine, or a port of rank 0's machine.</summary>
public sealed record RendezvousAddress
{
    private RendezvousAddress(string text) => Text = text;

    /// <summary>Path of a Unix socket, or its name after <c>@</c> if it is an abstract one; null for a port.</summary>
    public string? Path { get; private init; }

    /// <summary>Name or address of rank 0's machine; null for a Unix socket.</summary>
    public string? Host { get; private init; }

    /// <summary>Port on which rank 0 listens; 0 for a Unix socket.</summary>
    public int Port { get; private init; }

    private string Text { get; }

    /// <summary>Names a Unix socket.</summary>
    /// <param name="path">A path of up to 107 bytes, or a name after <c>@</c>: an abstract socket, of which no file can be left.</param>
    /// <exception cref="FusionArgumentException">It is too long, or empty.</exception>
    public static RendezvousAddress Unix(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        // sockaddr_un holds 108 bytes, one of which ends a path.
        return path.TrimStart('@').Length > 0 && System.Text.Encoding.UTF8.GetByteCount(path) <= 107
            ? new($"unix:{path}") { Path = path }
            : throw RendezvousErrors.Address($"unix:{path}");
    }

    /// <summary>Names a port of rank 0's machine.</summary>
    /// <param name="host">Name or address of the machine, as all ranks know it.</param>
    /// <param name="port">Port, 1 to 65535.</param>
    /// <exception cref="FusionArgumentException">There is no such port, or the name is empty.</exception>
    public static RendezvousAddress Tcp(string host, int port)
    {
        ArgumentNullException.ThrowIfNull(host);
        var shown = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return host.Length > 0 && port is >= 1 and <= IPEndPoint.MaxPort
            ? new($"tcp:{shown}:{port}") { Host = host, Port = port }
            : throw RendezvousErrors.Address($"tcp:{shown}:{port}");
    }

    /// <summary>Reads an address: <c>unix:/path</c>, <c>unix:@name</c>, <c>tcp:host:port</c> or <c>tcp:[address]:port</c>.</summary>
    /// <param name="text">The address.</param>
    /// <exception cref="FusionArgumentException">It is none of these.</exception>
    public static RendezvousAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return Unix(text["unix:".Length..]);
        if (!text.StartsWith("tcp:", StringComparison.Ordinal)) throw RendezvousErrors.Address(text);
        var rest = text["tcp:".Length..].TrimStart('/');
        var colon = rest.LastIndexOf(':');
        return colon > 0 && int.TryParse(rest.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port)
            ? Tcp(rest[..colon].TrimStart('[').TrimEnd(']'), port)
            : throw RendezvousErrors.Address(text);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Certificates of a rendezvous over TCP, as files in PEM.</summary>
/// <param name="Certificate">Certificate of rank 0's machine, for the name that <see cref="RendezvousAddress.Host"/> is; the other ranks need
/// none.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">Certificate of the authority that all ranks trust, and no other.</param>
public sealed record RendezvousTls(string? Certificate, string? Key, string Authority);
