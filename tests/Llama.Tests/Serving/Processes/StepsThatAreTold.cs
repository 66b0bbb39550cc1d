using Llama.Model.Running;
using Llama.Serving.Processes;
using Llama.Tests.Support;

namespace Llama.Tests.Serving.Processes;

/// <summary>Steps as the other ranks get them.</summary>
[CancelAfter(60_000)]
public sealed class StepsThatAreTold
{
    [Test]
    public void AreWhatWasWritten()
    {
        var (writer, reader) = (new StepMessage(), new StepMessage());
        var chance = new TokenChoice(0.7f, 0.9f, 0.123456789);
        StepPart[][] steps =
        [
            [new([1, 200, 30000], 0, [5], null), new([4], 9, [0, 1, 2], TokenChoice.Greedy)],
            // One goes on with a page more, one behind a token that nobody has seen, and their order changes.
            [new([0], 10, [0, 1, 2], chance) { Follows = 1 }, new([7, 8], 3, [5, 6], TokenChoice.Greedy)],
            // One went back, one has another's page, and one began anew in its own.
            [new([3], 10, [0, 1, 2], null), new([2], 5, [6, 5], chance)],
            [new([3], 0, [6], TokenChoice.Greedy)],
        ];
        foreach (var step in steps)
        {
            var (order, parts) = reader.Read(writer.Write(StepOrder.BeginBehind, step));
            Assert.That(order, Is.EqualTo(StepOrder.BeginBehind));
            Assert.That(parts.Select(Text), Is.EqualTo(step.Select(Text)));
        }

        Assert.That(reader.Read(writer.Write(StepOrder.Recover)), Is.EqualTo((StepOrder.Recover, Array.Empty<StepPart>())));
        Assert.That(reader.Read(writer.Write(StepOrder.Begin, steps[0])).Parts.Select(Text), Is.EqualTo(steps[0].Select(Text)));
    }

    [Test]
    public void TakeAFewBytesForASequenceThatDecodes()
    {
        var writer = new StepMessage();
        StepPart[] first = [.. Enumerable.Range(0, 64).Select(i => new StepPart([1], 700, [.. Enumerable.Range(i * 50, 50)], TokenChoice.Greedy))];
        StepPart[] next = [.. first.Select((part, i) => part with { Tokens = [0], First = 701, Follows = i })];
        Assert.That(writer.Write(StepOrder.Begin, first), Has.Length.GreaterThan(64 * 50));
        Assert.That(writer.Write(StepOrder.BeginBehind, next), Has.Length.LessThan(64 * 5));
    }

    [Test]
    public async Task AreBegunInTheSameOrderByAllRanks([Values] bool runsAside, CancellationToken cancellationToken)
    {
        var limits = new RunnerLimits(MaxTokens: 9, MaxSequences: 3, PageSize: 4, Pages: 12, MaxContext: 40);
        var told = new List<string>[] { [], [] };
        var ahead = 0;
        await RanksThatMeet.Serve(
            group => new PageRunner(limits)
            {
                RunsAside = runsAside,
                OnStep = parts => told[group.LocalRanks[0].Index].Add(string.Join(" | ", parts.Select(Text))),
            },
            async (server, _) =>
            {
                var clients = Enumerable.Range(0, 7).Select(i => Tokens.Of(server.Generate(
                    new() { Prompt = [i, 2, 3, 4, 5], MaxTokens = 15, Temperature = i == 5 ? 1 : 0, Seed = 3 }, cancellationToken)));
                await Task.WhenAll(clients);
                ahead = told[0].Count;
            });
        Assert.That(told[1], Is.EqualTo(told[0]));
        Assert.That(ahead, Is.GreaterThan(15));
    }

    private static string Text(StepPart part) =>
        $"{string.Join(',', part.Follows is null ? part.Tokens : [0])} at {part.First} in {string.Join(',', part.Pages)} behind {part.Follows} by {(part.Choice is { Temperature: 0 } ? TokenChoice.Greedy : part.Choice)}";
}
