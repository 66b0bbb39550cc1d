using System.Diagnostics;
using Fusion.Runtime.Distributed;
using Llama.Cli.CommandLine;
using Llama.Cli.Runners;

namespace Llama.Tests.Support;

/// <summary>A command line with <c>--processes</c> in a process for each rank, as a launcher starts them.</summary>
internal sealed class LaunchedRanks : IDisposable
{
    private readonly List<(Process Process, Task<string> Out, Task<string> Error)> ranks = [];

    /// <summary>Starts the processes.</summary>
    /// <param name="count">Number of ranks.</param>
    /// <param name="line">The command line, without <c>--processes</c>.</param>
    public LaunchedRanks(int count, params string[] line)
    {
        var address = $"unix:@llama-test-{Guid.NewGuid():n}";
        for (var rank = 0; rank < count; rank++)
        {
            // Ctrl+C counts also where the tests run in the background, whose processes ignore it.
            var start = new ProcessStartInfo("env", ["--default-signal=INT", Path.Combine(AppContext.BaseDirectory, "llama"), .. line, "--processes"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment =
                {
                    ["FUSION_RANK"] = $"{rank}", ["FUSION_WORLD_SIZE"] = $"{count}", ["FUSION_RENDEZVOUS"] = address,
                },
            };
            var process = Process.Start(start)!;
            ranks.Add((process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()));
        }
    }

    /// <summary>Waits until rank 0 has a server, whose thread has a name.</summary>
    public void WaitForServer()
    {
        for (var clock = Stopwatch.StartNew(); !HasServer(ranks[0].Process.Id); Thread.Sleep(20))
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)), "no server");
    }

    /// <summary>Kills the process of a rank.</summary>
    public void Kill(int rank) => ranks[rank].Process.Kill();

    /// <summary>Does what Ctrl+C does to the processes of all ranks.</summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", ["-INT", .. ranks.Select(rank => $"{rank.Process.Id}")]);
        kill.WaitForExit();
    }

    /// <summary>Waits until all have ended, and says how.</summary>
    public Tool.Result[] Results() => [.. ranks.Select(rank =>
    {
        Assert.That(rank.Process.WaitForExit(TimeSpan.FromMinutes(1)), "a rank does not end");
        return new Tool.Result(rank.Process.ExitCode, rank.Out.Result, rank.Error.Result);
    })];

    private static bool HasServer(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task").Any(thread => File.ReadAllText($"{thread}/comm").StartsWith("steps of the", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // A thread that has just ended.
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var (process, _, _) in ranks)
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }

    /// <summary>Runs all ranks within this process, each of which knows the others by its connection alone.</summary>
    public static Tool.Result[] Together(int count, int? device, params string[] line) => Together(count, device, sharesMemory: true, line);

    /// <summary>Runs all ranks within this process.</summary>
    public static Tool.Result[] Together(int count, int? device, bool sharesMemory, string[] line)
    {
        var address = $"@llama-test-{Guid.NewGuid():n}";
        return Task.WhenAll(Enumerable.Range(0, count).Select(rank => Task.Run(() => Run(rank, count, address, device, sharesMemory, line)))).Result;
    }

    /// <summary>Runs a rank within this process.</summary>
    public static async Task<Tool.Result> Run(int rank, int count, string address, int? device, bool sharesMemory, string[] line)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var context = new ToolContext(output, error, new RunnerFactory(), TimeProvider.System)
        {
            Launcher = () => new() { Rank = rank, WorldSize = count, Address = RendezvousAddress.Unix(address), Device = device, SharesMemory = sharesMemory, Timeout = TimeSpan.FromSeconds(30) },
        };
        var code = await LlamaTool.RunAsync(context, [.. line, "--processes"]);
        return new(code, output.ToString(), error.ToString());
    }
}
