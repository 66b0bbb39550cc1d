using System.CommandLine;
using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Manifest;

namespace Fusion.Cli.Running;

/// <summary>Command <c>fusion run</c>, which starts a program as several ranks, each in a process of its own, on this machine.</summary>
internal static class RunCommand
{
    private const double DefaultGrace = 5;
    private const double MostSeconds = 24 * 60 * 60;

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var program = new Argument<string[]>("PROGRAM")
        {
            Description = "The program and its arguments, after --.",
            Arity = ArgumentArity.OneOrMore,
        };
        var ranks = ToolOptions.Number("--ranks", $"Number of processes, each of which is a rank: {AllReduceVocabulary.GroupSizeWords}.", required: true);
        var device = ToolOptions.Text(
            "--device", "Where the ranks compute: cpu, one GPU for all, or a GPU for each, as 0,1,2,3; by default the GPU with the rank's number.", "cpu|N,N,…");
        var timeout = Seconds("--timeout", "Longest time until all ranks have met, in seconds; a minute by default.");
        var grace = Seconds("--grace", "Time that ranks get to end when one failed or a signal came, until they are killed, in seconds; 5 by default.");
        var command = new Command("run", "Start a program as several ranks on this machine, and end all when one fails.") { program, ranks, device, timeout, grace };
        command.SetAction(line => Run(new(
            Size(line.GetValue(ranks) ?? 0),
            Devices(line.GetValue(device), line.GetValue(ranks) ?? 0),
            line.GetValue(timeout),
            TimeSpan.FromSeconds(line.GetValue(grace) ?? DefaultGrace),
            line.GetValue(program)!)));
        return command;
    }

    private static int Run(RunOptions options)
    {
        if (!OperatingSystem.IsLinux())
            throw new UsageException("'fusion run' works on Linux, where GPUs are joined and processes share memory. Start the ranks yourself with the variables of docs/deploying.md.");
        RequireProgram(options.Program[0]);
        using var supervisor = new RankSupervisor(options);
        return supervisor.Run();
    }

    // Said once and here, not by each rank.
    private static void RequireProgram(string program)
    {
        var places = program.Contains('/', StringComparison.Ordinal)
            ? [program]
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).ToArray();
        if (places.Any(IsProgram)) return;
        throw new UsageException(Array.Find(places, Path.Exists) is { } found
            ? $"'{program}' cannot be started: '{found}' is no file that may be executed. Make it one by 'chmod +x', or name what runs it, as in 'dotnet MyApp.dll'."
            : $"'{program}' cannot be started: there is no such {(places.Length == 1 ? "file" : "program in the folders of PATH")}.");
    }

    private static bool IsProgram(string path) =>
        File.Exists(path) && !OperatingSystem.IsWindows()
        && (File.GetUnixFileMode(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path)
            & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    private static int Size(int ranks) => AllReduceVocabulary.IsGroupSize(ranks)
        ? ranks
        : throw UsageException.OfCommandLine($"Option '--ranks' is {ranks}, but a group has {AllReduceVocabulary.GroupSizeWords} ranks.");

    private static string[] Devices(string? text, int ranks)
    {
        if (text is null) return [];
        if (text == "cpu") return [text];
        var ordinals = text.Split(',', StringSplitOptions.TrimEntries);
        var wrong = Array.Find(ordinals, ordinal => !int.TryParse(ordinal, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (wrong is not null)
            throw UsageException.OfCommandLine($"'{wrong}' is no GPU, as option '--device' needs: cpu, 0, or 0,1,2,3.");
        return ordinals.Length == 1 || ordinals.Length == ranks
            ? ordinals
            : throw UsageException.OfCommandLine($"Option '--device' names {ordinals.Length} GPUs for {ranks} ranks: name one for all, or one for each.");
    }

    private static Option<double?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "S",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.001 and <= MostSeconds) return seconds;
            result.AddError($"'{text}' is no number of seconds, as option '{name}' needs: 0.001 to 86400.");
            return null;
        },
    };
}
