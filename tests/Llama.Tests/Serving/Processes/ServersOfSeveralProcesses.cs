using Fusion.Runtime;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Serving.Processes;
using Llama.Tests.Support;

namespace Llama.Tests.Serving.Processes;

/// <summary>A server whose model is on ranks of several processes, and what becomes of its requests when one fails.</summary>
[CancelAfter(60_000)]
public sealed class ServersOfSeveralProcesses
{
    // So few pages that requests are preempted.
    private static readonly RunnerLimits Limits = new(MaxTokens: 12, MaxSequences: 4, PageSize: 4, Pages: 11, MaxContext: 40);

    private TestCheckpoint test = null!;

    [OneTimeSetUp]
    public void Begin() => test = new(Tiny.Llama with { EndTokens = [7, 11, 60] });

    [OneTimeTearDown]
    public void End() => test.Dispose();

    [Test]
    public async Task GiveTheTokensOfOneProcess(CancellationToken cancellationToken)
    {
        var requests = Requests(8);
        int[][] alone;
        using (var runner = new CpuModelRunner(test.Checkpoint, Limits, ranks: 2))
        {
            await using var server = new Server(runner);
            alone = await Ask(server, requests, cancellationToken);
        }

        await RanksThatMeet.Serve(Runner, async (server, _) =>
        {
            Assert.That(await Ask(server, requests, cancellationToken), Is.EqualTo(alone));
            Assert.That(server.Status.Preemptions, Is.GreaterThan(0));
            // Some that end early leave the others as they are.
            using var ending = new CancellationTokenSource();
            var left = requests.Select(request => Tokens.Of(server.Generate(request, ending.Token))).ToArray();
            var kept = Ask(server, requests, cancellationToken);
            await Task.Delay(20, cancellationToken);
            await ending.CancelAsync();
            Assert.That(await kept, Is.EqualTo(alone));
            await Task.WhenAll(left).ContinueWith(_ => { }, TaskScheduler.Default);
            Assert.That(server.Status.FreePages, Is.EqualTo(Limits.Pages));
        });
    }

    [Test]
    public async Task EndEveryRequestWhenARankLeavesAndStop(CancellationToken cancellationToken)
    {
        var requests = Requests(3);
        await RanksThatMeet.Serve(
            Runner,
            async (server, _) =>
            {
                // The server ends those that are there, and then takes no more.
                for (var i = 0; i < 3; i++)
                {
                    Assert.That(() => Ask(server, requests, cancellationToken), Throws.InstanceOf<Exception>().With.Message.Contain("FUSION4012: Rank 1")
                        .And.InnerException.TypeOf<PeerGoneException>());
                }
            },
            // As a process that is killed before its first step.
            (group, _, _) => group.Connection!.Dispose());
    }

    [Test]
    public async Task EndTheOthersWhenTheirOwnProcessIsGone()
    {
        PeerGoneException? heard = null;
        await RanksThatMeet.Serve(
            Runner,
            (_, group) =>
            {
                group.Connection!.Dispose();
                return Task.CompletedTask;
            },
            (_, runner, steps) => heard = Assert.Throws<PeerGoneException>(new FollowingRank(runner, steps).Run));
        Assert.That(heard!.Rank, Is.Zero);
    }

    [Test]
    public async Task ServeTheNextAsBeforeWhenAStepFailedOnAllRanks(CancellationToken cancellationToken)
    {
        var (request, runners) = (Requests(2)[1], new List<PageRunner>());
        await RanksThatMeet.Serve(group => Keep(new(Limits) { RunsAside = true }, runners), async (server, _) =>
        {
            var before = await Tokens.Of(server.Generate(request, cancellationToken));
            // The same step of both, however far rank 1 is.
            var failing = runners.Max(runner => runner.Steps) + 4;
            foreach (var runner in runners)
            {
                runner.OnStep = _ =>
                {
                    if (runner.Steps == failing) throw new TimeoutException("Rank 0 waited for rank 1.");
                };
            }

            Assert.That(async () => await Tokens.Of(server.Generate(request, cancellationToken)), Throws.TypeOf<StepFailedException>());
            Assert.That(await Tokens.Of(server.Generate(request, cancellationToken)), Is.EqualTo(before));
        });
        Assert.That(runners.Select(runner => runner.Recoveries), Is.EqualTo([1, 1]));
    }

    [Test]
    public async Task LeaveARankThatFailsAlone(CancellationToken cancellationToken)
    {
        var request = Requests(1)[0];
        await RanksThatMeet.Serve(
            group => new PageRunner(Limits) { OnStep = _ => throw (group.Ranks[1].IsLocal ? new InvalidOperationException("The memory of this rank is lost.") : new TimeoutException("Rank 0 waited for rank 1.")) },
            // These runners are not in step by themselves: rank 0 fails as it does where rank 1 does not come, and then ends.
            (server, _) =>
            {
                Assert.That(async () => await Tokens.Of(server.Generate(request, cancellationToken)), Throws.TypeOf<StepFailedException>());
                return Task.CompletedTask;
            },
            (_, runner, steps) =>
            {
                ((PageRunner)runner).OnRecover = () => throw new InvalidOperationException("It is lost for good.");
                Assert.That(new FollowingRank(runner, steps).Run, Throws.TypeOf<ServerStoppedException>().With.Message.Contain("It is lost for good."));
            });
    }

    private static PageRunner Keep(PageRunner runner, List<PageRunner> runners)
    {
        lock (runners) runners.Add(runner);
        return runner;
    }

    private static Request[] Requests(int count) => [.. Enumerable.Range(0, count).Select(i => new Request
    {
        Prompt = [.. Enumerable.Range(0, 3 + (i * 2)).Select(at => ((at * 7) + i) % 50)],
        MaxTokens = 20,
        StopsAtEndTokens = i % 2 == 0,
        Temperature = i % 3 * 0.7f,
        Seed = (ulong)i,
    })];

    private static Task<int[][]> Ask(Server server, Request[] requests, CancellationToken cancellationToken) =>
        Task.WhenAll(requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))));

    private CpuModelRunner Runner(RankGroup group) => new(test.Checkpoint, group, Limits);
}
