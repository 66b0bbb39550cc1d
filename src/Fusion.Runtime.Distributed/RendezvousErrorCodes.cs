namespace Fusion.Runtime.Distributed;

/// <summary>Codes of the errors of rendezvous. docs/diagnostics has a page for each.</summary>
public static class RendezvousErrorCodes
{
    /// <summary><see cref="FusionArgumentException"/>: who a rank is, or where the ranks meet, is missing or wrong.</summary>
    public const string Settings = "FUSION4013";

    /// <summary><see cref="RendezvousException"/>: ranks did not come in time.</summary>
    public const string RanksMissing = "FUSION4014";

    /// <summary><see cref="RendezvousException"/>: ranks contradict each other, or do not know the secret.</summary>
    public const string Refused = "FUSION4015";

    /// <summary><see cref="RendezvousException"/>: anybody could connect, or the connection cannot be made secure.</summary>
    public const string Insecure = "FUSION4016";

    /// <summary><see cref="RendezvousException"/>: processes cannot share memory.</summary>
    public const string SharedMemory = "FUSION4017";
}
