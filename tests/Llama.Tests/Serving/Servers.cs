using Llama.Model.Running;
using Llama.Serving;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>What clients of a <see cref="Server"/> get.</summary>
/// <param name="runsAside">Whether a step is begun while the one before runs.</param>
[TestFixture(false)]
[TestFixture(true)]
[CancelAfter(60_000)]
public sealed class Servers(bool runsAside)
{
    private static readonly RunnerLimits Limits = new(MaxTokens: 8, MaxSequences: 4, PageSize: 4, Pages: 8, MaxContext: 32);

    [Test]
    public async Task IsTheSameBesideOthersAsAlone(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        await using var server = new Server(runner);
        var requests = Enumerable.Range(0, 12).Select(i => Request(i)).ToArray();
        var all = await Task.WhenAll(requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))));
        Assert.That(all, Is.EqualTo(requests.Select(runner.Alone)));
        Assert.That((server.Status.Running, server.Status.Waiting, server.Status.FreePages), Is.EqualTo((0, 0, 8)));
        Assert.That(server.Status.Steps, Is.EqualTo(runner.Steps));
    }

    [Test]
    public async Task WaitsWhileThereAreMoreRequestsThanPages(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        var (stepIsRunning, mayEnd) = (new TaskCompletionSource(), new ManualResetEventSlim());
        runner.OnStep = _ =>
        {
            stepIsRunning.TrySetResult();
            mayEnd.Wait(cancellationToken);
        };
        await using var server = new Server(runner);
        var first = Tokens.Of(server.Generate(new() { Prompt = new int[28], MaxTokens = 4, StopsAtEndTokens = false }, cancellationToken));
        await stepIsRunning.Task.WaitAsync(cancellationToken);
        var others = Enumerable.Range(0, 20).Select(i => Tokens.Of(server.Generate(Request(i), cancellationToken))).ToArray();
        Assert.That((server.Status.Running, server.Status.Waiting, server.Status.FreePages), Is.EqualTo((1, 20, 1)));
        mayEnd.Set();
        Assert.That(await first, Has.Length.EqualTo(4));
        Assert.That(await Task.WhenAll(others), Is.EqualTo(Enumerable.Range(0, 20).Select(i => runner.Alone(Request(i)))), "none was lost");
    }

    [Test]
    public async Task IsARefusalWithNumbersForAPromptThatIsLongerThanTheCache(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits with { Pages = 7 }) { RunsAside = runsAside };
        await using var server = new Server(runner);
        Assert.That(() => server.Generate(new() { Prompt = new int[29], MaxTokens = 1 }, cancellationToken),
            Throws.TypeOf<RequestRefusedException>().With.Message.Contain("The prompt has 29 tokens").And.Message.Contain("the cache holds 28 (7 pages of 4)"));
        Assert.That(await Tokens.Of(server.Generate(Request(1), cancellationToken)), Is.EqualTo(runner.Alone(Request(1))));
    }

    [Test]
    public async Task IsTheEndForAClientThatCancelsWhosePagesAreFreeAtOnce(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits);
        var (stepIsRunning, mayEnd) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        runner.OnStep = _ =>
        {
            stepIsRunning.Release();
            mayEnd.Wait(cancellationToken);
        };
        await using var server = new Server(runner);
        using var cancelling = new CancellationTokenSource();
        await using var client = server.Generate(new() { Prompt = new int[5], MaxTokens = 9, StopsAtEndTokens = false }, cancelling.Token).GetAsyncEnumerator(cancellationToken);
        await stepIsRunning.WaitAsync(cancellationToken);
        mayEnd.Release();
        Assert.That(await client.MoveNextAsync(), Is.True);

        await stepIsRunning.WaitAsync(cancellationToken);
        Assert.That((server.Status.Running, server.Status.FreePages), Is.EqualTo((1, 6)));
        await cancelling.CancelAsync();
        Assert.That((server.Status.Running, server.Status.FreePages), Is.EqualTo((0, 8)), "while the step runs");
        Assert.That(async () => await client.MoveNextAsync(), Throws.InstanceOf<OperationCanceledException>());
        mayEnd.Release(100);
        Assert.That(await Tokens.Of(server.Generate(Request(1), cancellationToken)), Is.EqualTo(runner.Alone(Request(1))));
        Assert.That(() => server.Generate(Request(1), cancelling.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task IsNotComputedForAClientThatStopsReading(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        await using var server = new Server(runner);
        await foreach (var token in server.Generate(new() { Prompt = [1], MaxTokens = 30, StopsAtEndTokens = false }, cancellationToken))
        {
            Assert.That(token, Is.InRange(0, 49));
            break;
        }

        Assert.That((server.Status.Running, server.Status.FreePages), Is.EqualTo((0, 8)));
    }

    [Test]
    public async Task IsAnErrorForAllWhenARankDiesAndThenTheServerGoesOn(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        var (stepIsRunning, mayEnd) = (new TaskCompletionSource(), new ManualResetEventSlim());
        runner.OnStep = _ =>
        {
            stepIsRunning.TrySetResult();
            mayEnd.Wait(cancellationToken);
            if (runner.Steps == 3) throw new TimeoutException("Rank 0 waited for rank 1.");
        };
        await using var server = new Server(runner);
        var requests = Enumerable.Range(0, 9).Select(i => Request(i) with { MaxTokens = 6, StopsAtEndTokens = false }).ToArray();
        var clients = requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))).ToArray();
        await stepIsRunning.Task.WaitAsync(cancellationToken);
        mayEnd.Set();
        foreach (var client in clients)
        {
            Assert.That(async () => await client, Throws.TypeOf<StepFailedException>().With.Message.Contain("Rank 0 waited for rank 1.")
                .And.Message.Contain("every request").And.InnerException.TypeOf<TimeoutException>());
        }

        Assert.That(clients.Select(client => client.Exception!.InnerException).Distinct().Count(), Is.EqualTo(9), "each client has an exception of its own");
        Assert.That(await Tokens.Of(server.Generate(Request(3), cancellationToken)), Is.EqualTo(runner.Alone(Request(3))));
        Assert.That((runner.Recoveries, server.Status.FailedSteps, server.Status.FreePages), Is.EqualTo((1, 1L, 8)));
    }

    [Test]
    public async Task IsAnErrorFromThenOnWhenTheModelCannotRecover(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits)
        {
            RunsAside = runsAside,
            OnStep = _ => throw new TimeoutException("Rank 1 is gone."),
            OnRecover = () => throw new InvalidOperationException("The GPU was lost."),
        };
        await using var server = new Server(runner);
        Assert.That(async () => await Tokens.Of(server.Generate(Request(1), cancellationToken)), Throws.TypeOf<StepFailedException>());
        Assert.That(async () => await Tokens.Of(server.Generate(Request(1), cancellationToken)),
            Throws.TypeOf<ServerStoppedException>().With.Message.Contain("Rank 1 is gone.").And.Message.Contain("The GPU was lost."));
    }

    [Test]
    public async Task IsAnErrorForTheOneWhoseLogitsAreNoNumbers(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        runner.OnStep = parts =>
        {
            for (var i = 0; i < parts.Count; i++)
            {
                if (parts[i].Tokens[0] == 13 && parts[i].First == 0) throw new LogitsException(i, 0, new ArithmeticException("The logit of token 4 is NaN."));
            }
        };
        await using var server = new Server(runner);
        var good = Enumerable.Range(0, 3).Select(i => Tokens.Of(server.Generate(Request(i), cancellationToken))).ToArray();
        var bad = Tokens.Of(server.Generate(new() { Prompt = [13], MaxTokens = 2 }, cancellationToken));
        Assert.That(async () => await bad, Throws.TypeOf<LogitsException>().With.Message.Contain("token 4 is NaN"));
        Assert.That(await Task.WhenAll(good), Is.EqualTo(Enumerable.Range(0, 3).Select(i => runner.Alone(Request(i)))));
        Assert.That((runner.Recoveries, server.Status.FailedSteps), Is.EqualTo((0, 0L)));
    }

    [Test]
    public async Task IsTheEndWhenTheServerStops(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        var stepIsRunning = new TaskCompletionSource();
        var mayEnd = new ManualResetEventSlim();
        runner.OnStep = _ =>
        {
            stepIsRunning.TrySetResult();
            mayEnd.Wait(cancellationToken);
        };
        var server = new Server(runner);
        var clients = Enumerable.Range(0, 9).Select(i => Tokens.Of(server.Generate(Request(i), cancellationToken))).ToArray();
        await stepIsRunning.Task.WaitAsync(cancellationToken);
        var disposal = server.DisposeAsync().AsTask();
        foreach (var client in clients) Assert.That(async () => await client, Throws.TypeOf<ServerStoppedException>());
        Assert.That(disposal.IsCompleted, Is.False, "the runner is in use");
        mayEnd.Set();
        await disposal.WaitAsync(cancellationToken);
        await server.DisposeAsync();
        Assert.That((runner.Steps, runner.IsDisposed), Is.EqualTo((1, false)), "the runner is the caller's");
        Assert.That(() => server.Generate(Request(1), cancellationToken), Throws.TypeOf<ServerStoppedException>());
    }

    [Test]
    public async Task IsWaitedForAsleep(CancellationToken cancellationToken)
    {
        using var runner = new PageRunner(Limits) { RunsAside = runsAside };
        await using var server = new Server(runner);
        await Tokens.Of(server.Generate(Request(1), cancellationToken));
        // The thread may still be on its way to sleep.
        await Task.Delay(200, cancellationToken);
        Assert.That(server.Plans, Is.InRange(runner.Steps, runner.Steps + 2), "one look finds nothing to do, and one may be for a call that came while it looked");
    }

    private static Request Request(int i) => new()
    {
        Prompt = [.. Enumerable.Range(i, 1 + (i % 11))],
        MaxTokens = 1 + (i % 7),
        Temperature = i % 2,
        Seed = (ulong)i,
    };
}
