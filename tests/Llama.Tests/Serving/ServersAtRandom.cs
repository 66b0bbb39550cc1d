using FsCheck;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>What holds for a <see cref="Server"/> when clients on many threads come, cancel, and steps fail.</summary>
public sealed class ServersAtRandom
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>A client.</summary>
    /// <param name="Prompt">Decides the prompt.</param>
    /// <param name="Tokens">Decides the number of tokens.</param>
    /// <param name="Ends">0 to 63 the number of tokens after which it cancels, 64 to 127 after which it stops reading, others neither.</param>
    /// <param name="Waits">Number of times that it lets others go first.</param>
    public sealed record Client(byte Prompt, byte Tokens, byte Ends, byte Waits);

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void KeepTheirPromises(NonEmptyArray<Client> clients, byte pages, byte fails, bool runsAside)
    {
        var limits = new RunnerLimits(7, 5, 4, 10 + (pages % 10), 64);
        using var runner = new PageRunner(limits) { RunsAside = runsAside };
        // Some of the cases have no failures.
        if (fails % 2 == 0) runner.OnStep = _ => ThrowSometimes(runner.Steps, 3 + (fails / 2));
        var server = new Server(runner);
        try
        {
            var all = clients.Get.Select(client => Task.Run(() => Ask(server, runner, client))).ToArray();
            Assert.That(Task.WaitAll(all, Deadline), Is.True, "every request ends");
            var failed = all.Count(one => one.Result);
            Assert.That(failed, runner.Recoveries == 0 ? Is.Zero : Is.GreaterThanOrEqualTo(0));
            var status = server.Status;
            Assert.That((status.Running, status.Waiting, status.FreePages), Is.EqualTo((0, 0, limits.Pages)));
            Assert.That(status.FailedSteps, Is.EqualTo(runner.Recoveries));
        }
        finally
        {
            server.DisposeAsync().AsTask().Wait(Deadline);
        }
    }

    private static void ThrowSometimes(int step, int every)
    {
        if (step % every == 0) throw new TimeoutException($"A rank died in step {step}.");
    }

    // Whether a step failed for it.
    private static async Task<bool> Ask(Server server, PageRunner runner, Client client)
    {
        for (var i = 0; i < client.Waits % 16; i++) await Task.Yield();
        var request = new Request
        {
            Prompt = [.. Enumerable.Range(0, 1 + (client.Prompt % 20)).Select(i => (i * client.Prompt) % 50)],
            MaxTokens = 1 + (client.Tokens % 20),
            Temperature = client.Tokens % 2,
            Seed = client.Prompt,
        };
        var expected = runner.Alone(request);
        var got = new List<int>();
        using var cancelling = new CancellationTokenSource();
        try
        {
            await foreach (var token in server.Generate(request, cancelling.Token))
            {
                got.Add(token);
                if (client.Ends < 128 && got.Count > client.Ends % 64)
                {
                    if (client.Ends >= 64) break;
                    await cancelling.CancelAsync();
                }
            }

            if (client.Ends >= 128) Assert.That(got, Is.EqualTo(expected));
        }
        catch (OperationCanceledException) when (cancelling.IsCancellationRequested)
        {
        }
        catch (StepFailedException e) when (e.InnerException is TimeoutException)
        {
            Assert.That(got, Has.Count.LessThan(expected.Length));
            return true;
        }
        finally
        {
            Assert.That(got, Is.EqualTo(expected[..got.Count]), "what it got is what it would get alone");
        }

        return false;
    }
}
