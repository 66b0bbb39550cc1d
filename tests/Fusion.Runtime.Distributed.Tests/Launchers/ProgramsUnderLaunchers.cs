using System.Diagnostics;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Launchers;

/// <summary>Launchers of this machine start ranks. One that is not installed, or starts nothing, is left out.</summary>
[Category("Nightly")]
[TestFixture("mpirun.openmpi --allow-run-as-root --oversubscribe -n")]
[TestFixture("mpiexec.hydra -n")]
[TestFixture("srun --nodes 1 --ntasks")]
[TestFixture("torchrun --standalone --no_python --nproc_per_node")]
[NonParallelizable]
public sealed class ProgramsUnderLaunchers(string launcher)
{
    // A launcher takes some seconds to see an end, and some more to end the rest.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(2);

    private static readonly string[] Sums = ["join", "make 512 16 10000", "call 4", "collectives 2"];

    [OneTimeSetUp]
    public async Task IsThere()
    {
        try
        {
            var (code, output) = await Start(1, [], ["true"]);
            if (code != 0) Assert.Ignore($"'{launcher} 1 true' ends with {code} on this machine: {output}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Ignore($"{launcher.Split(' ')[0]} is not installed: {e.Message}");
        }
    }

    [Test]
    public async Task Sum([Values(2, 4)] int ranks, [Values("cpu", "emulator")] string device)
    {
        var (code, output) = await StartRanks(ranks, device, [.. Sums, "dispose"]);

        Assert.That(code, Is.Zero, output);
        for (var rank = 0; rank < ranks; rank++) Assert.That(output, Does.Contain($"join: ok {rank} of {ranks}\n"));
    }

    [Test]
    public async Task DoNotMeetThoseOfAnotherLaunch([Values] bool atOneAddress)
    {
        (string, string)[] more = atOneAddress ? [("FUSION_RENDEZVOUS", $"unix:@fusion-test-{Guid.NewGuid():n}"), ("FUSION_RENDEZVOUS_TIMEOUT", "20")] : [];
        if (atOneAddress && launcher.StartsWith("mpiexec.hydra", StringComparison.Ordinal)) Assert.Ignore("Hydra does not name its jobs.");
        var ends = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => StartRanks(3, "cpu", [.. Sums, "pause 1000", "call 4", "dispose"], more)));

        // At one address, the second that comes finds it taken, unless the first is done; the first must not notice.
        Assert.That(ends.Count(end => end.Code == 0), Is.AtLeast(atOneAddress ? 1 : 2), string.Join("\n\n", ends.Select(end => end.Output)));
        foreach (var end in ends) Assert.That(end.Output, end.Code == 0 ? Does.Contain("dispose: ok") : Does.Contain("Address already in use"));
    }

    [TestCase("kill 1")]
    [TestCase("kill 0")]
    [TestCase("exit 1 3")]
    public async Task EndWhenOneOfThemEnds(string how)
    {
        var clock = Stopwatch.StartNew();
        // Without a word of the others' ends, a call would wait for ten minutes.
        var (code, output) = await StartRanks(3, "cpu", ["join", "make 512 16 600000", "call 4", how, "run 4"]);

        Assert.That(code, Is.Not.Zero, output);
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(60)), output);
    }

    [Test]
    public async Task MeetAgainAfterARestart()
    {
        if (!launcher.StartsWith("torchrun", StringComparison.Ordinal)) Assert.Ignore("Only torchrun starts ranks again.");
        var words = string.Join(' ', RankOfATest.Command.Select(word => $"'{word}'"));
        var (code, output) = await Start(
            2, [("FUSION_DEVICE", "cpu")],
            ["sh", "-c", $"if [ $TORCHELASTIC_RESTART_COUNT = 0 ]; then exec {words} do join 'kill 1' 'pause 60000'; fi; exec {words} do join 'make 512 16 10000' 'call 4' dispose"],
            "--max_restarts 1");

        Assert.That(code, Is.Zero, output);
    }

    private Task<(int Code, string Output)> StartRanks(int ranks, string device, string[] commands, params (string Name, string Value)[] more) => Start(
        ranks, [.. device == "cpu" ? [("FUSION_DEVICE", "cpu")] : new[] { ("FUSION_DRIVER", "emulator") }, .. more],
        [.. RankOfATest.Command, "do", .. commands]);

    private async Task<(int Code, string Output)> Start(int ranks, (string Name, string Value)[] variables, string[] command, string more = "")
    {
        var words = launcher.Split(' ');
        var start = new ProcessStartInfo(
            words[0], [.. more.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. words[1..], $"{ranks}", .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var late = new CancellationTokenSource(LongestRun);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{launcher} did not end within {LongestRun}");
        }

        return (process.ExitCode, (await output).ReplaceLineEndings("\n") + await errors);
    }
}
