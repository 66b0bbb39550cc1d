using System.Globalization;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Reads who a rank is from the variables of a launcher.</summary>
internal static class LauncherEnvironment
{
    /// <summary>Variable with the place where the ranks meet.</summary>
    public const string Address = "FUSION_RENDEZVOUS";

    /// <summary>Variable with the rank, which counts before those of launchers.</summary>
    public const string Rank = "FUSION_RANK";

    private const string WorldSize = "FUSION_WORLD_SIZE";
    private const string LocalRank = "FUSION_LOCAL_RANK";
    private const string Device = "FUSION_DEVICE";
    private const string Timeout = "FUSION_RENDEZVOUS_TIMEOUT";
    private const string Silence = "FUSION_RENDEZVOUS_SILENCE";
    private const string SharedMemory = "FUSION_SHARED_MEMORY";
    private const double MostSeconds = 24 * 60 * 60;

    /// <summary>Finds the variable that says which rank this process is, without a look at what else is set.</summary>
    /// <param name="variable">Gets the value of a variable; null if it is not set.</param>
    /// <returns>Name of the variable; null if no launcher started this process.</returns>
    public static string? VariableOfRank(Func<string, string?> variable)
    {
        var variables = new LauncherVariables(variable);
        string[] names = [Rank, .. variables.Text(TorchRun.WorldSize) is null ? Array.Empty<string>() : [TorchRun.Rank], MpiRun.OpenRank, MpiRun.HydraRank, Slurm.Rank];
        return Array.Find(names, name => variables.Text(name) is not null);
    }

    /// <summary>Reads a rendezvous.</summary>
    /// <param name="variable">Gets the value of a variable; null if it is not set.</param>
    /// <exception cref="FusionArgumentException">A variable is missing or wrong.</exception>
    public static Rendezvous Read(Func<string, string?> variable)
    {
        var variables = new LauncherVariables(variable);
        var launched = Launched(variables);
        RequireInside(launched.RankVariable, launched.Rank, launched);
        var localRank = variables.Number(LocalRank);
        if (localRank is { } own) RequireInside(LocalRank, own, launched);
        var rendezvous = new Rendezvous
        {
            Rank = launched.Rank,
            WorldSize = launched.WorldSize,
            LocalRank = localRank ?? launched.LocalRank,
            Address = ReadAddress(variables) ?? launched.Address(),
            Secret = SecretFile.Read(variables),
            Tls = ReadTls(variables),
            Device = ReadDevice(variables),
            SharesMemory = ReadSharesMemory(variables),
        };
        if ((variables.Text("FUSION_GROUP") ?? launched.Launch) is { } name) rendezvous = rendezvous with { Name = name };
        if (ReadSeconds(variables, Timeout) is { } timeout) rendezvous = rendezvous with { Timeout = timeout };
        if (ReadSeconds(variables, Silence) is { } silence) rendezvous = rendezvous with { Silence = silence };
        return rendezvous;
    }

    private static LaunchedRank Launched(LauncherVariables variables)
    {
        if (variables.Number(Rank) is { } rank)
        {
            return new(Rank, rank, WorldSize, variables.Needed(WorldSize, Rank, least: 1), null, () => throw RendezvousErrors.Setting(
                Address, $"{Rank} is {rank}, but {Address} is not set.",
                "Set it to the place where the ranks meet: unix:/path or unix:@name on one machine, tcp:host:port of rank 0 between several."));
        }

        var launched = Innermost(variables);
        RequireAgreement(variables, WorldSize, launched.WorldSize, launched.SizeVariable);
        return launched;
    }

    // A launcher that was started by another one sets its variables beside those of the other.
    private static LaunchedRank Innermost(LauncherVariables variables)
    {
        if (TorchRun.Read(variables) is { } torch)
        {
            if (!TorchRun.IsItself(variables)) RequireOuterAgreement(variables, torch);
            return torch;
        }

        if ((MpiRun.ReadOpenMpi(variables) ?? MpiRun.ReadHydra(variables) ?? Slurm.Read(variables)) is { } launched)
        {
            RequireAgreement(variables, TorchRun.Rank, launched.Rank, launched.RankVariable);
            RequireAgreement(variables, TorchRun.WorldSize, launched.WorldSize, launched.SizeVariable);
            return launched;
        }

        if (variables.Text(TorchRun.Rank) is not null) variables.Needed(TorchRun.WorldSize, TorchRun.Rank, least: 1);
        if (variables.Text(TorchRun.WorldSize) is not null) variables.Needed(TorchRun.Rank, TorchRun.WorldSize);
        if (variables.Text(WorldSize) is not null) variables.Needed(Rank, WorldSize);
        throw RendezvousErrors.Setting(
            Rank, $"Nothing says which rank this process is: neither {Rank} is set, nor a variable of torchrun (RANK), Open MPI ({MpiRun.OpenRank}), MPICH (PMI_RANK) or Slurm ({Slurm.Rank}).",
            $"Start the program by 'fusion run --ranks 4 -- PROGRAM' or one of these launchers, or set {Rank}, {WorldSize} and {Address}.");
    }

    // RANK and WORLD_SIZE that torchrun did not set may be left from a script, the same for all processes of the launcher around it.
    private static void RequireOuterAgreement(LauncherVariables variables, LaunchedRank torch)
    {
        foreach (var (rank, size) in new[] { (MpiRun.OpenRank, MpiRun.OpenSize), (Slurm.Rank, Slurm.StepSize) })
        {
            // A single process, as an interactive shell is, may start ranks by itself.
            if (variables.Text(rank) is null || variables.Text(size) is null or "1") continue;
            RequireAgreement(variables, rank, torch.Rank, torch.RankVariable);
            RequireAgreement(variables, size, torch.WorldSize, torch.SizeVariable);
        }
    }

    private static void RequireAgreement(LauncherVariables variables, string name, int expected, string by)
    {
        if (variables.Text(name) is not { } text || text == expected.ToString(CultureInfo.InvariantCulture)) return;
        throw RendezvousErrors.Setting(
            name, $"{by} is {expected}, but {name} is '{text}'.",
            $"Unset the one that is left from elsewhere, or set {Rank}, {WorldSize} and {Address}, which count before all others.");
    }

    private static void RequireInside(string name, int index, LaunchedRank launched)
    {
        if (index >= launched.WorldSize)
        {
            throw RendezvousErrors.Setting(
                name, $"{name} is {index}, but {launched.SizeVariable} is {launched.WorldSize}.", $"Ranks are numbered from 0, so the last one is {launched.WorldSize - 1}.");
        }
    }

    private static RendezvousAddress? ReadAddress(LauncherVariables variables)
    {
        if (variables.Text(Address) is not { } text) return null;
        try
        {
            return RendezvousAddress.Parse(text);
        }
        catch (FusionArgumentException)
        {
            throw RendezvousErrors.Setting(
                Address, $"{Address} is '{text}', which is no address.", "Write unix:/path, unix:@name, or tcp:host:port, as unix:@my-job or tcp:node01:29400.");
        }
    }

    private static RendezvousTls? ReadTls(LauncherVariables variables)
    {
        const string certificate = "FUSION_TLS_CERTIFICATE", key = "FUSION_TLS_KEY", authority = "FUSION_TLS_AUTHORITY";
        var (hasCertificate, hasKey) = (variables.Text(certificate) is not null, variables.Text(key) is not null);
        if (hasCertificate != hasKey) variables.NeededText(hasKey ? certificate : key, hasKey ? key : certificate);
        if (hasCertificate) variables.NeededText(authority, certificate);
        return variables.Text(authority) is { } trusted ? new(variables.Text(certificate), variables.Text(key), trusted) : null;
    }

    private static int? ReadDevice(LauncherVariables variables) => variables.Text(Device) switch
    {
        null => null,
        "cpu" => Rendezvous.OnCpu,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) => ordinal,
        var text => throw RendezvousErrors.Setting(Device, $"{Device} is '{text}'.", "Set it to 'cpu', to the ordinal of a GPU from 0 on, or unset it."),
    };

    private static bool ReadSharesMemory(LauncherVariables variables) => variables.Text(SharedMemory) switch
    {
        null or "1" => true,
        "0" => false,
        var text => throw RendezvousErrors.Setting(SharedMemory, $"{SharedMemory} is '{text}'.", "Set it to 0 for ranks that share no memory, or unset it."),
    };

    private static TimeSpan? ReadSeconds(LauncherVariables variables, string name)
    {
        if (variables.Text(name) is not { } text) return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.001 and <= MostSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw RendezvousErrors.Setting(name, $"{name} is '{text}'.", "Set it to seconds, 0.001 to 86400.");
    }
}
