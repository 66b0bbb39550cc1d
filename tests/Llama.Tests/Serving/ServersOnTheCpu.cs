using FsCheck;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>Tokens of a small model on the CPU, alone and with others.</summary>
public sealed class ServersOnTheCpu
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private TestCheckpoint test = null!;
    private CpuModelRunner runner = null!, alone = null!;

    /// <summary>A client.</summary>
    /// <param name="Prompt">Decides the prompt.</param>
    /// <param name="Tokens">Decides the number of tokens.</param>
    /// <param name="Ends">Below 64, the number of tokens after which it cancels.</param>
    public sealed record Client(byte Prompt, byte Tokens, byte Ends);

    [OneTimeSetUp]
    public void Begin()
    {
        test = new(Tiny.Llama with { EndTokens = [7, 11, 60] });
        // So few pages that requests are preempted. Sums depend on the number of ranks.
        runner = new(test.Checkpoint, new(MaxTokens: 12, MaxSequences: 4, PageSize: 4, Pages: 11, MaxContext: 40), ranks: 2);
        alone = new(test.Checkpoint, new(MaxTokens: 40, MaxSequences: 1, PageSize: 40, Pages: 1, MaxContext: 40), ranks: 2);
    }

    [OneTimeTearDown]
    public void End()
    {
        runner.Dispose();
        alone.Dispose();
        test.Dispose();
    }

    [FsCheck.NUnit.Property(MaxTest = 4, StartSize = 4, EndSize = 9)]
    public void AreThoseThatEachRequestWouldGetAlone(NonEmptyArray<Client> clients) => Compare(clients.Get);

    [FsCheck.NUnit.Property(MaxTest = 60, EndSize = 20)]
    [Category("Nightly")]
    public void AreThoseThatEachOfManyRequestsWouldGetAlone(NonEmptyArray<Client> clients) => Compare(clients.Get);

    [Test]
    [CancelAfter(60_000)]
    public async Task AreTheSameAfterAPreemption(CancellationToken cancellationToken)
    {
        await using var server = new Server(runner);
        var requests = Enumerable.Range(0, 4).Select(i => new Request
        {
            Prompt = [40 + i, 3, 9],
            MaxTokens = 22,
            StopsAtEndTokens = false,
            Temperature = i,
            Seed = (ulong)i,
        }).ToArray();
        var all = await Task.WhenAll(requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))));
        Assert.That(server.Status.Preemptions, Is.GreaterThan(0));
        Assert.That(all, Is.EqualTo(requests.Select(Alone)));
        Assert.That(all.SelectMany(one => one).Distinct().Count(), Is.GreaterThan(10), "a model that says something");
    }

    private void Compare(Client[] clients)
    {
        var server = new Server(runner);
        try
        {
            var all = clients.Select(client => Ask(server, client)).ToArray();
            Assert.That(Task.WaitAll(all, Deadline), Is.True, "every request ends");
            foreach (var (client, got) in clients.Zip(all.Select(one => one.Result)))
            {
                var expected = Alone(RequestOf(client));
                Assert.That(got, Is.EqualTo(client.Ends < 64 ? expected[..got.Length] : expected));
            }

            Assert.That(server.Status.FreePages, Is.EqualTo(11));
        }
        finally
        {
            server.DisposeAsync().AsTask().Wait(Deadline);
        }
    }

    private static Request RequestOf(Client client) => new()
    {
        Prompt = [.. Enumerable.Range(0, 1 + (client.Prompt % 17)).Select(i => ((i * 7) + client.Prompt) % 96)],
        MaxTokens = 1 + (client.Tokens % 20),
        Temperature = client.Tokens % 3 * 0.7f,
        TopP = client.Prompt % 2 == 0 ? 1 : 0.8f,
        Seed = client.Prompt,
    };

    private static async Task<int[]> Ask(Server server, Client client)
    {
        var got = new List<int>();
        using var cancelling = new CancellationTokenSource();
        try
        {
            await foreach (var token in server.Generate(RequestOf(client), cancelling.Token))
            {
                got.Add(token);
                if (client.Ends < 64 && got.Count > client.Ends % 20) await cancelling.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (cancelling.IsCancellationRequested)
        {
        }

        return [.. got];
    }

    // Without cache, scheduler or other requests: the whole text again for each token.
    private int[] Alone(Request request)
    {
        var (tokens, made) = (request.Prompt.ToList(), new List<int>());
        while (made.Count < request.MaxTokens && !(request.StopsAtEndTokens && made.Count > 0 && test.Checkpoint.Config.EndTokens.Contains(made[^1])))
        {
            made.Add(alone.Run([new StepPart(tokens, 0, [0], new TokenChoice(request.Temperature, request.TopP, request.RandomOf(made.Count)))])[0]);
            tokens.Add(made[^1]);
        }

        return [.. made];
    }
}
