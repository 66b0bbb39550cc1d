using System.Diagnostics;

namespace Fusion.Cli.Tests.Running;

[Platform("Linux")]
public sealed class EndsOfRuns
{
    // A rank with a child, of which both processes are printed.
    private const string WithChild = "sleep 300 & echo $!; echo $$; ";

    // It has neither children nor an end.
    private const string Loop = "while :; do sleep 0.05; done";

    [Test]
    public void ComeWhenTheLastRankEnds()
    {
        using var run = new RunOfATest("if [ $FUSION_RANK = 0 ]; then read go; fi; echo end $FUSION_RANK", "--ranks", "2");
        Assert.That(run.Lines(1), Is.EqualTo(["[1] end 1"]));
        run.Type("go");
        Assert.That(run.End(), Is.EqualTo((0, new[] { "[0] end 0" }, "")));
    }

    [TestCase("exit 3", 3, "exit code 3;")]
    [TestCase("kill -9 $$", 137, "exit code 137 (SIGKILL);")]
    [TestCase("kill -SEGV $$", 139, "exit code 139 (SIGSEGV);")]
    public void ComeWhenOneRankFails(string end, int code, string words)
    {
        using var run = new RunOfATest($"{WithChild} if [ $FUSION_RANK = 0 ]; then read go; {end}; fi; wait", "--ranks", "3");
        var processes = run.Processes(6);
        run.Type("go");
        var (ended, lines, errors) = run.End();

        Assert.That((ended, lines), Is.EqualTo((code, Array.Empty<string>())));
        Assert.That(errors, Does.Match(@"^fusion run: rank 0 \(process \d+\) failed with ").And.Contain(words).And.Contain("the other ranks are ended."));
        Assert.That(errors.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(processes.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    [Test]
    public void LetRanksEndByThemselvesBeforeTheyAreKilled()
    {
        const string script = "if [ $FUSION_RANK = 0 ]; then read go; exit 5; fi; trap 'echo saved $FUSION_RANK; exit 7' TERM; "
            + "if [ $FUSION_RANK = 2 ]; then trap '' TERM; fi; echo $$; " + Loop;
        using var run = new RunOfATest(script, "--ranks", "4", "--grace", "0.4");
        var processes = run.Processes(3);
        run.Type("go");
        var (code, lines, errors) = run.End();

        Assert.That((code, lines), Is.EqualTo((5, new[] { "[1] saved 1", "[3] saved 3" })));
        Assert.That(errors, Does.Contain("rank 0 ").And.Contain("fusion run: rank 2 did not end within 0.4 s of SIGTERM; killed."));
        Assert.That(processes.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    [Test]
    public void ReachARankThatIsStopped()
    {
        using var run = new RunOfATest("if [ $FUSION_RANK = 0 ]; then read go; exit 5; fi; trap 'echo saved; exit 0' TERM; echo $$; " + Loop, "--ranks", "2");
        var stopped = run.Processes(1)[0];
        ShellOfATest.Run($"kill -STOP {stopped}");
        var watch = Stopwatch.StartNew();
        run.Type("go");

        Assert.That(run.End().Lines, Is.EqualTo(["[1] saved"]));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(4)), "It was killed, not continued.");
    }

    [TestCase("INT", "SIGINT")]
    [TestCase("TERM", "SIGTERM")]
    [TestCase("HUP", "SIGHUP")]
    public void AreWhatTheRanksMakeOfASignal(string signal, string name)
    {
        using var run = new RunOfATest($"trap 'echo got {signal}; exit 0' {signal}; echo $$; {Loop}", "--ranks", "2");
        run.Processes(2);
        run.Send(signal);
        var (code, lines, errors) = run.End();

        Assert.That((code, lines), Is.EqualTo((0, new[] { $"[0] got {signal}", $"[1] got {signal}" })));
        // A shell may say there how its 'sleep' ended.
        Assert.That(errors, Does.StartWith($"fusion run: {name} is passed on to the ranks; those that have not ended after 5 s are killed.\n"));
        Assert.That(errors, Does.Not.Contain("failed").And.Not.Contain("did not end"));
    }

    [Test]
    public void OfRanksThatDoNotCatchASignalAreItsExitCode()
    {
        using var run = new RunOfATest($"{WithChild} wait", "--ranks", "2");
        var processes = run.Processes(4);
        run.Send("TERM");

        Assert.That(run.End().Code, Is.EqualTo(128 + 15));
        Assert.That(processes.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    [Test]
    public void ComeAtOnceAtTheSecondCtrlC()
    {
        using var run = new RunOfATest($"trap 'echo got' INT; echo $$; {Loop}", "--ranks", "2", "--grace", "60");
        var processes = run.Processes(2);
        run.Send("INT");
        Assert.That(run.Lines(2), Is.EqualTo(["[0] got", "[1] got"]));
        run.Send("INT");
        var (code, _, errors) = run.End();

        Assert.That(code, Is.EqualTo(128 + 9));
        Assert.That(errors, Does.Contain("SIGINT again: the ranks are killed."));
        Assert.That(processes.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    /// <summary>The ranks' own processes go with the tool, which has no chance to end them.</summary>
    [Test]
    public void OfTheToolItselfAreThoseOfTheRanks()
    {
        using var run = new RunOfATest($"trap '' INT TERM HUP; echo $$; {Loop}", "--ranks", "3");
        var processes = run.Processes(3);
        run.Send("KILL");

        Assert.That(processes.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    [Test]
    public void TakeWhatARankLeftBehindWithThem()
    {
        using var run = new RunOfATest("trap '' TERM; sleep 300 & echo $!", "--ranks", "2");
        var left = run.Processes(2);

        Assert.That(run.End().Code, Is.Zero);
        Assert.That(left.Where(id => !RunOfATest.IsGone(id)), Is.Empty);
    }

    [Test]
    public void ComeWhenNobodyReadsTheOutput()
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        var (_, output, errors) = ShellOfATest.Run(
            $"( dotnet exec '{tool}' run --ranks 2 -- sh -c 'echo $$; while :; do echo line; sleep 0.01; done'; echo $? >&2 ) | head -2");

        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2));
        Assert.That(errors, Is.EqualTo("Standard output cannot be written: Broken pipe\n2\n"));
    }

    [Test]
    public void ComeWhenTheDiskIsFull()
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        var (code, _, errors) = ShellOfATest.Run($"dotnet exec '{tool}' run --ranks 2 -- sh -c 'echo line; sleep 300' > /dev/full");
        Assert.That((code, errors), Is.EqualTo((2, "Standard output cannot be written: No space left on device\n")));
    }
}
