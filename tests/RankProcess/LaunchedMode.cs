using System.Diagnostics;
using System.Globalization;
using Fusion.Runtime.Distributed;

namespace RankProcess;

/// <summary>A rank that a launcher starts: it does the commands of its command line, one after the other, until one fails.</summary>
internal static class LaunchedMode
{
    /// <summary>Does the commands, and prints what came of each behind the rank.</summary>
    /// <param name="args"><c>do</c>, then commands: those of <see cref="CommandedRank"/>, and <c>address</c>, <c>pause MILLISECONDS</c>,
    /// <c>exit RANK CODE</c> and <c>kill RANK</c>.</param>
    /// <returns>0 if all were done, 1 if one failed.</returns>
    public static async Task<int> Run(string[] args)
    {
        var rank = new CommandedRank();
        var name = "?";
        foreach (var line in args[1..])
        {
            var command = line.Split(' ');
            var answer = command[0] switch
            {
                "address" => Address(out name),
                "pause" => await Pause(command),
                "exit" or "kill" => End(command),
                _ => await rank.Do(command),
            };
            // One write, so that the lines of ranks that share a pipe are not mixed.
            Console.Out.Write($"rank {name}: {line}: {answer}\n");
            Console.Out.Flush();
            if (answer.StartsWith("error", StringComparison.Ordinal)) return 1;
        }

        return 0;
    }

    private static string Address(out string name)
    {
        name = "?";
        try
        {
            var rendezvous = Rendezvous.FromEnvironment();
            name = $"{rendezvous.Rank}";
            return $"ok {rendezvous.Rank} of {rendezvous.WorldSize}, local {rendezvous.LocalRank}, at {rendezvous.Address}, process {Environment.ProcessId}";
        }
        catch (ArgumentException e)
        {
            return $"error {e.GetType().Name} {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    private static async Task<string> Pause(string[] command)
    {
        await Task.Delay(Number(command[1]));
        return "ok";
    }

    private static string End(string[] command)
    {
        if (Number(command[1]) != Rendezvous.FromEnvironment().Rank) return "ok";
        if (command[0] == "kill") Process.GetCurrentProcess().Kill();
        Environment.Exit(Number(command[2]));
        return "";
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
