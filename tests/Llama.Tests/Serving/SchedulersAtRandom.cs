using FsCheck;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Serving.Scheduling;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>What holds for a <see cref="Scheduler"/> in every step, whatever comes and goes.</summary>
public sealed class SchedulersAtRandom
{
    /// <summary>Something that happens before a step.</summary>
    /// <param name="Kind">0 to 3 an arrival, 4 a cancellation, 5 a step that fails, others nothing.</param>
    /// <param name="Prompt">Decides the length of a prompt, or who is cancelled.</param>
    /// <param name="Tokens">Decides the number of tokens.</param>
    public sealed record Happening(byte Kind, byte Prompt, byte Tokens);

    [FsCheck.NUnit.Property(MaxTest = 400)]
    public void KeepTheirPromises(NonEmptyArray<Happening> events, byte pages, byte maxTokens, byte maxSequences)
    {
        var limits = new RunnerLimits(1 + (maxTokens % 20), 1 + (maxSequences % 6), 4, 4 + (pages % 12), 64);
        using var runner = new PageRunner(limits);
        var scheduler = new Scheduler(limits, runner.Config);
        var made = new Dictionary<Sequence, List<int>>();
        var cancelled = new HashSet<Sequence>();

        foreach (var one in events.Get)
        {
            Happen(one);
            Do(scheduler.Next());
        }

        // Each step makes a token, or brings a prompt on; computing again costs no more than the context for each token.
        for (var steps = 0; scheduler.Next() is { } step; steps++)
        {
            Assert.That(steps, Is.LessThan(events.Get.Length * 64 * 64), "it comes to an end");
            Do(step);
        }

        Assert.That((scheduler.Pool.Free, scheduler.Running.Count, scheduler.Waiting.Count), Is.EqualTo((limits.Pages, 0, 0)));
        foreach (var (sequence, tokens) in made.Where(one => !cancelled.Contains(one.Key)))
            Assert.That(tokens, Is.EqualTo(runner.Alone(sequence.Request)), $"request {sequence.Number}");

        void Happen(Happening one)
        {
            switch (one.Kind % 8)
            {
                case < 4:
                    var request = new Request
                    {
                        Prompt = [.. Enumerable.Range(0, 1 + (one.Prompt % 24)).Select(i => (one.Tokens + (i * one.Prompt)) % 50)],
                        MaxTokens = 1 + (one.Tokens % 16),
                        Temperature = one.Prompt % 2,
                        TopP = 0.9f,
                        Seed = one.Tokens,
                        StopsAtEndTokens = one.Kind % 2 == 0,
                    };
                    try
                    {
                        made.Add(scheduler.Add(request), []);
                    }
                    catch (RequestRefusedException)
                    {
                        Assert.That(request.Prompt.Count + request.MaxTokens, Is.GreaterThan(limits.Pages * 4));
                    }

                    break;
                case 4 when made.Count > 0:
                    End(made.Keys.ElementAt(one.Prompt % made.Count));
                    break;
                case 5:
                    foreach (var sequence in scheduler.EndAll()) cancelled.Add(sequence);
                    runner.Recover();
                    break;
            }
        }

        void End(Sequence sequence)
        {
            if (sequence.State != SequenceState.Ended) cancelled.Add(sequence);
            scheduler.End(sequence);
        }

        void Do(PlannedStep? step)
        {
            CheckPages();
            if (step is null) return;
            Assert.That(step.Parts.Sum(part => part.Tokens.Count), Is.InRange(1, limits.MaxTokens), "the budget");
            Assert.That(step.Parts, Has.Count.InRange(1, limits.MaxSequences));
            var numbers = scheduler.Running.Select(sequence => sequence.Number).Concat(scheduler.Waiting.Select(sequence => sequence.Number));
            Assert.That(numbers, Is.Ordered, "who came first runs first, and waits first");
            // The runner refuses pages that two have.
            foreach (var (sequence, token, _) in scheduler.Complete(step, runner.Run(step.Parts))) made[sequence].Add(token);
            CheckPages();
        }

        void CheckPages()
        {
            var owned = scheduler.Running.SelectMany(sequence => sequence.Pages).ToArray();
            Assert.That(owned, Is.Unique, "no page has two owners");
            Assert.That(owned.Length + scheduler.Pool.Free, Is.EqualTo(limits.Pages), "no page is lost");
            Assert.That(scheduler.Waiting.Concat(made.Keys.Where(one => one.State == SequenceState.Ended)).Sum(one => one.Pages.Count), Is.Zero);
        }
    }
}
