using System.Globalization;
using Fusion.Runtime.Distributed.Control;

namespace Fusion.Runtime.Distributed;

/// <summary>Errors of a rendezvous, FUSION4013 to 4017. Those that several processes are to hear are refusals.</summary>
internal static class RendezvousErrors
{
    /// <summary>A text is no address.</summary>
    public static FusionArgumentException Address(string found) => Setting(
        "address", $"The address of a rendezvous is '{found}', which is none.",
        "Write unix:/path or unix:@name for ranks of one machine, tcp:host:port for several, as unix:@my-job or tcp:node01:29400.");

    /// <summary>A setting of a rendezvous is missing or wrong.</summary>
    /// <param name="parameter">Name of the setting.</param>
    /// <param name="found">What was found, a sentence.</param>
    /// <param name="remedy">What to do, a sentence.</param>
    public static FusionArgumentException Setting(string parameter, string found, string remedy) =>
        new(RendezvousErrorCodes.Settings, parameter, $"{found} {remedy}");

    /// <summary>Ranks did not come in time.</summary>
    public static Refusal Missing(Rendezvous rendezvous, MemberInfo?[] there, int refused)
    {
        var missing = Enumerable.Range(0, there.Length).Where(rank => there[rank] is null).ToArray();
        var came = there.OfType<MemberInfo>().Select(who => Text($"rank {who.Rank} ({who.Place})")).ToArray();
        var strangers = refused == 0 ? "" : Text($" {refused} connections were refused because they did not know the secret.");
        return new(RendezvousErrorCodes.RanksMissing, missing,
            $"{Ranks(missing)} did not come to {rendezvous.Address} within {Seconds(rendezvous.Timeout)}; {string.Join(", ", came)} did.{strangers} " +
            "See whether their processes were started and what they printed, and give all ranks the same address, group and secret.");
    }

    /// <summary>Rank 0, which the others connect to, is not there.</summary>
    public static RendezvousException NoCoordinator(Rendezvous rendezvous, string last, Exception? cause) => new(
        RendezvousErrorCodes.RanksMissing, [0],
        $"Rank {rendezvous.Rank} could not meet rank 0 at {rendezvous.Address} within {Seconds(rendezvous.Timeout)}: {last} See whether rank 0's " +
        "process was started and what it printed, and give all ranks the same address, group and secret.", cause);

    /// <summary>Ranks did not come to a step of the group in time.</summary>
    public static RendezvousException StepTimeout(string step, TimeSpan timeout, int[] missing, IReadOnlyList<MemberInfo> members)
    {
        var who = missing.Length == 0 ? "Not all ranks came" : $"{string.Join(", ", missing.Select(rank => Text($"Rank {rank} ({members[rank].Place})")))} did not come";
        return new(RendezvousErrorCodes.RanksMissing, missing,
            $"{who} to '{step}' within {Seconds(timeout)}. All ranks must make the same operations in the same order; see what they did instead.");
    }

    /// <summary>A rank could not make its part of an operation.</summary>
    public static RankGroupException CannotGoOn(int rank, MemberInfo who, string operation) => new(ErrorCodes.PlanMismatch, [rank],
        Text($"Rank {rank} ({who.Place}) could not make its part of {operation} of the group, so no rank can: see the exception there. ") +
        "Then make the operation again on all ranks.");

    /// <summary>A rank's memory cannot be opened.</summary>
    public static RendezvousException NoMemory(int rank, MemberInfo who, Exception cause) => new(RendezvousErrorCodes.SharedMemory, [rank],
        Text($"The memory of rank {rank} ({who.Place}) cannot be opened here: {cause.Message} ") +
        "See whether the processes run as the same user and in the same network namespace; FUSION_SHARED_MEMORY=0 does without.", cause);

    /// <summary>The GPUs of the ranks do not reach each other's memory.</summary>
    public static RendezvousException NoGpuMemory(IReadOnlyList<string> problems) => new(RendezvousErrorCodes.SharedMemory, [],
        $"The ranks' GPUs cannot use each other's memory. {string.Join(" ", problems)} Ranks in several processes exchange through it: start them on one " +
        "machine, on GPUs with peer access ('fusion doctor' lists them), and as one user; containers need the same network namespace. FUSION_SHARED_MEMORY=0 makes " +
        "the group without, for all-reduces by NCCL.");

    /// <summary>GPUs reach each other's memory at rest, but not under load.</summary>
    public static RankGroupException NotUnderLoad(int rank, MemberInfo who, string problem) => new(ErrorCodes.PeerCheck, [rank],
        Text($"The GPUs of the ranks map each other's memory, but what kernels store to it does not arrive under load (rank {rank}, {who.Place}): {problem} ") +
        "Mostly PCIe's access control (ACS) or the IOMMU is in the way: switch it off in BIOS or hypervisor, or make the group of other GPUs.");

    /// <summary>Some ranks are on the CPU and some are not.</summary>
    public static RendezvousException OtherDevice(int rank, bool isOnCpu) => new(RendezvousErrorCodes.Refused, [0, rank],
        Text($"Rank {rank} is on {(isOnCpu ? "the CPU" : "a GPU")}, but rank 0 on {(isOnCpu ? "a GPU" : "the CPU")}. ") +
        "Give all ranks a GPU, or FUSION_DEVICE=cpu.");

    /// <summary>A side does not know the secret.</summary>
    public static Refusal WrongSecret(Rendezvous rendezvous) => new(RendezvousErrorCodes.Refused, [],
        $"Rank 0 at {rendezvous.Address} refuses a process that does not prove that it knows the secret. Give all ranks the same FUSION_SECRET, or the " +
        "same file by FUSION_SECRET_FILE.");

    /// <summary>Who listens does not know the secret.</summary>
    public static RendezvousException UnprovenCoordinator(Rendezvous rendezvous) => new(RendezvousErrorCodes.Refused, [0],
        $"The process that listens at {rendezvous.Address} does not prove that it knows the secret. Give all ranks the same FUSION_SECRET, or the same file by " +
        "FUSION_SECRET_FILE, and see who listens there.");

    /// <summary>Two processes say that they are the same rank.</summary>
    public static Refusal CameTwice(MemberInfo first, MemberInfo second) => new(RendezvousErrorCodes.Refused, [first.Rank],
        Text($"Rank {first.Rank} came twice: as {first.Place} and as {second.Place}. ") +
        "Give each process an index of its own (FUSION_RANK), and each job an address of its own (FUSION_RENDEZVOUS).");

    /// <summary>A rank has another world size than rank 0.</summary>
    public static Refusal OtherWorldSize(Rendezvous rendezvous, MemberInfo other) => new(RendezvousErrorCodes.Refused, [0, other.Rank],
        Text($"Rank {other.Rank} ({other.Place}) has a world size of {other.WorldSize}, but rank 0 one of {rendezvous.WorldSize}. ") +
        "Give all ranks the same FUSION_WORLD_SIZE, and each job an address of its own (FUSION_RENDEZVOUS).");

    /// <summary>A rank's index is outside the group.</summary>
    public static Refusal NoSuchRank(Rendezvous rendezvous, MemberInfo other) => new(RendezvousErrorCodes.Refused, [other.Rank],
        Text($"A process ({other.Place}) came as rank {other.Rank}, but the group has ranks 0 to {rendezvous.WorldSize - 1}. Mend its FUSION_RANK."));

    /// <summary>A rank has another version of the library.</summary>
    public static Refusal OtherVersion(MemberInfo other, string own) => new(RendezvousErrorCodes.Refused, [0, other.Rank],
        Text($"Rank {other.Rank} ({other.Place}) runs Fusion.Runtime {other.Library}, but rank 0 {own}. Start all ranks with the same build of the program."));

    /// <summary>Who listens speaks another version of the protocol.</summary>
    public static RendezvousException OtherProtocol(Rendezvous rendezvous, int found) => new(RendezvousErrorCodes.Refused, [0, rendezvous.Rank],
        Text($"Rank 0 at {rendezvous.Address} speaks version {found} of the protocol, but rank {rendezvous.Rank} version {Challenge.Version}. ") +
        "Start all ranks with the same build of the program.");

    /// <summary>What listens is no rank.</summary>
    public static RendezvousException NoProtocol(Rendezvous rendezvous, Exception cause) => new(RendezvousErrorCodes.Refused, [0],
        $"What listens at {rendezvous.Address} does not speak the protocol of ranks: {cause.Message} See who listens there, and choose another address.", cause);

    /// <summary>Others than this user could connect.</summary>
    public static RendezvousException NoSecret(Rendezvous rendezvous) => new(RendezvousErrorCodes.Insecure, [],
        $"Without a secret, everybody who reaches {rendezvous.Address} could join the group. Set the same secret for all ranks by FUSION_SECRET or " +
        "FUSION_SECRET_FILE, or meet at a Unix socket or on the loopback interface if all ranks are on one machine.");

    /// <summary>TLS was asked for where there is no network.</summary>
    public static RendezvousException TlsOnUnixSocket(Rendezvous rendezvous) => new(RendezvousErrorCodes.Insecure, [],
        $"Certificates were given for {rendezvous.Address}, a socket of this machine alone, which is not encrypted. Leave them out, or meet at tcp:host:port.");

    /// <summary>Another user listens at the socket.</summary>
    public static RendezvousException OtherUser(Rendezvous rendezvous) => new(RendezvousErrorCodes.Insecure, [0],
        $"A process of another user listens at {rendezvous.Address}. Choose another address, and start all ranks as the same user.");

    /// <summary>A certificate cannot be read, or does not convince.</summary>
    public static RendezvousException Certificate(Rendezvous rendezvous, Exception cause) => new(RendezvousErrorCodes.Insecure, [],
        $"The connection to {rendezvous.Address} cannot be encrypted: {cause.Message} See FUSION_TLS_CERTIFICATE, FUSION_TLS_KEY and " +
        "FUSION_TLS_AUTHORITY: rank 0's certificate must be for the name in the address, and of the authority that all ranks are given.", cause);

    /// <summary>Rank 0 cannot listen.</summary>
    public static RendezvousException CannotListen(Rendezvous rendezvous, Exception cause) => new(RendezvousErrorCodes.Refused, [0],
        $"Rank 0 cannot listen at {rendezvous.Address}: {cause.Message}. Another group may meet there: give each job an address of its own " +
        "(FUSION_RENDEZVOUS).", cause);

    /// <summary>Says that a rank was silent.</summary>
    public static string Silent(TimeSpan silence) =>
        $"It gave no sign of life for {Seconds(silence)}, so its process is stopped or its machine cannot be reached.";

    private static string Ranks(int[] ranks) => ranks.Length == 1 ? Text($"Rank {ranks[0]}") : $"Ranks {string.Join(", ", ranks)}";

    private static string Seconds(TimeSpan time) => Text($"{time.TotalSeconds:0.###} s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
