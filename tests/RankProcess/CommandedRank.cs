using System.Diagnostics;
using System.Globalization;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;

namespace RankProcess;

/// <summary>Does what a test tells a rank, one command after the other.</summary>
internal sealed class CommandedRank
{
    private RankGroup? group;
    private FusedCalls? calls;
    private Collectives? collectives;

    /// <summary>Does a command and says how it ended.</summary>
    public async Task<string> Do(string[] command)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            return await Run(command) is { } result ? $"ok {result}" : "ok";
        }
        catch (Exception e)
        {
            return $"error {clock.ElapsedMilliseconds} {e.GetType().Name} {e.Message.ReplaceLineEndings(" ")}";
        }
    }

    private async Task<string?> Run(string[] command)
    {
        switch (command[0])
        {
            case "join":
                var own = Rendezvous.FromEnvironment();
                group = await RankGroup.JoinAsync(own with { Machine = SumsInTwoLevels.MachineOf(own.Rank) });
                return $"{group.LocalRanks.Single().Index} of {group.WorldSize}";
            // make HIDDEN TOKENS MILLISECONDS
            case "make":
                calls = new FusedCalls(group!, Number(1), Number(2), TimeSpan.FromMilliseconds(Number(3)));
                return null;
            // call TOKENS [EPILOGUE]
            case "call":
                calls!.Launch(Number(1), command.Length > 2 ? command[2] : "fp8");
                calls.SynchronizeAndCheck();
                return null;
            // launch TOKENS
            case "launch":
                calls!.Launch(Number(1), "fp8");
                return null;
            case "wait":
                calls!.SynchronizeAndCheck();
                return null;
            // run TOKENS: until it fails
            case "run":
                while (true)
                {
                    calls!.Launch(Number(1), "fp8");
                    calls.SynchronizeAndCheck();
                }

            case "look":
                calls!.Operation.ThrowIfFailed();
                return null;
            case "reset":
                calls!.Reset();
                return null;
            case "collectives":
                collectives ??= new Collectives(group!, new() { Timeout = TimeSpan.FromSeconds(10) });
                CollectiveCalls.Check(group!, collectives, Number(1), isRecorded: false);
                return null;
            // nccl TOKENS
            case "nccl":
                return SumsByNccl.Check(group!, Number(1));
            // late TOKENS
            case "late":
                return SumsByNccl.CheckLate(group!, Number(1));
            // late-replay TOKENS
            case "late-replay":
                return SumsByNccl.CheckLateReplay(group!, Number(1));
            // collectives-by-nccl ROWS
            case "collectives-by-nccl":
                return CollectivesByNccl.Check(group!, Number(1));
            // collectives-until-it-fails ROWS
            case "collectives-until-it-fails":
                CollectivesByNccl.RunUntilItFails(group!, Number(1));
                return null;
            // two-levels TOKENS
            case "two-levels":
                SumsInTwoLevels.Check(group!, Number(1));
                return null;
            // two-levels-until-it-fails TOKENS
            case "two-levels-until-it-fails":
                SumsInTwoLevels.RunUntilItFails(group!, Number(1));
                return null;
            // late-two-levels TOKENS
            case "late-two-levels":
                return SumsInTwoLevels.CheckLate(group!, Number(1));
            // late-collective KIND
            case "late-collective":
                return CollectivesByNccl.CheckLate(group!, command[1]);
            case "dispose":
                await group!.DisposeAsync();
                (group, calls, collectives) = (null, null, null);
                return null;
            default:
                throw new ArgumentException(command[0]);
        }

        int Number(int i) => int.Parse(command[i], CultureInfo.InvariantCulture);
    }
}
