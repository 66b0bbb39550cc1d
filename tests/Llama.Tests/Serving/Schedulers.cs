using Llama.Model.Running;
using Llama.Serving;
using Llama.Serving.Scheduling;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>Steps that a <see cref="Scheduler"/> plans. A letter is a request, behind it stands its number of tokens in the step, and an
/// exclamation mark if a token is chosen.</summary>
public sealed class Schedulers
{
    private static readonly RunnerLimits Limits = new(MaxTokens: 8, MaxSequences: 4, PageSize: 4, Pages: 8, MaxContext: 32);

    private readonly Dictionary<Sequence, char> names = [];
    private Scheduler scheduler = null!;

    [SetUp]
    public void Begin()
    {
        names.Clear();
        scheduler = new(Limits, Tiny.Llama);
    }

    [Test]
    public void HavePromptsInTheOrderOfArrivalAsFarAsTheyFit()
    {
        Add(prompt: 3, tokens: 2);
        Add(prompt: 6, tokens: 2);
        Add(prompt: 2, tokens: 2);
        Assert.That(Steps(5), Is.EqualTo(["a3! b5", "a1! b1! c2!", "b1! c1!", "", ""]));
        Assert.That(scheduler.Pool.Free, Is.EqualTo(8));
    }

    [Test]
    public void HaveDecodesBeforeChunksOfAPrompt()
    {
        Add(prompt: 2, tokens: 4);
        Step();
        Add(prompt: 20, tokens: 1);
        Assert.That(Steps(4), Is.EqualTo(["a1! b7", "a1! b7", "a1! b6!", ""]));
    }

    [Test]
    public void HaveNoMoreSequencesThanAreAllowed()
    {
        for (var i = 0; i < 6; i++) Add(prompt: 1, tokens: 2);
        Assert.That(Steps(4), Is.EqualTo(["a1! b1! c1! d1!", "a1! b1! c1! d1!", "e1! f1!", "e1! f1!"]));
    }

    [Test]
    public void LetARequestThatDoesNotFitWaitAndNobodyPassIt()
    {
        Add(prompt: 20, tokens: 3);
        Add(prompt: 13, tokens: 1);
        Add(prompt: 1, tokens: 1);
        Assert.That(Steps(6), Is.EqualTo(["a8", "a8", "a4!", "a1!", "a1!", "b8"]), "b needs 4 of the 3 pages that a leaves");
        Assert.That(Steps(2), Is.EqualTo(["b5! c1!", ""]));
    }

    [Test]
    public void TakeThePagesOfTheYoungestWhenTheOldestNeedsOne()
    {
        scheduler = new(Limits with { Pages = 4, MaxContext = 16 }, Tiny.Llama);
        Add(prompt: 4, tokens: 9);
        Add(prompt: 3, tokens: 9);
        Assert.That(Steps(3), Is.EqualTo(["a4! b3!", "a1! b1!", "a1! b1!"]), "both have two pages");
        Assert.That((scheduler.Pool.Free, scheduler.Preemptions), Is.EqualTo((0, 0L)));
        Assert.That(Steps(3), Is.EqualTo(["a1! b1!", "a1! b1!", "a1!"]), "a has 8 tokens and needs a third page");
        Assert.That((scheduler.Waiting.Single().Made, scheduler.Pool.Free, scheduler.Preemptions), Is.EqualTo((5, 1, 1L)));
        Assert.That(Steps(4), Is.EqualTo(["a1!", "a1!", "a1!", "b8!"]), "the prompt of b has its own tokens too");
        Assert.That(Steps(3), Is.EqualTo(["b1!", "b1!", "b1!"]));
        Assert.That((Step(), scheduler.Pool.Free), Is.EqualTo(("", 4)));
    }

    [Test]
    public void BeginWithThePreemptedBeforeThoseThatCameLater()
    {
        scheduler = new(Limits with { Pages = 4, MaxContext = 16 }, Tiny.Llama);
        Add(prompt: 4, tokens: 9);
        Add(prompt: 3, tokens: 9);
        Steps(5);
        Add(prompt: 1, tokens: 1);
        Assert.That(Steps(9), Is.EqualTo(["a1!", "a1!", "a1!", "a1!", "b8!", "b1!", "b1!", "b1!", "c1!"]), "b waits as the first");
    }

    [Test]
    public void LoseACancelledSequenceAtOnce()
    {
        var a = Add(prompt: 20, tokens: 3);
        var b = Add(prompt: 20, tokens: 3);
        var step = scheduler.Next()!;
        scheduler.End(a);
        Assert.That((scheduler.Pool.Free, a.State), Is.EqualTo((8, SequenceState.Ended)), "in the middle of a step");
        Assert.That(scheduler.Complete(step, [-1]), Is.Empty);
        Assert.That(Steps(3), Is.EqualTo(["b8", "b8", "b4!"]));
        scheduler.End(b);
        scheduler.End(b);
        Assert.That((Step(), scheduler.Pool.Free), Is.EqualTo(("", 8)));
    }

    [Test]
    public void GoOnBehindTokensThatNobodyHasSeen()
    {
        Add(prompt: 3, tokens: 3);
        Add(prompt: 4, tokens: 2);
        var first = scheduler.Next()!;
        var second = scheduler.Follow(first)!;
        Assert.That(second.Parts.Select(part => (part.First, part.Follows, part.Pages.Count, part.Choice)), Is.EqualTo(new (int, int?, int, TokenChoice?)[]
        {
            (3, 0, 1, TokenChoice.Greedy with { Random = second.Parts[0].Choice!.Value.Random }), (4, 1, 2, TokenChoice.Greedy with { Random = second.Parts[1].Choice!.Value.Random }),
        }));
        Assert.That(scheduler.Complete(first, [9, 9]).Select(made => made.IsLast), Is.EqualTo([false, false]));
        var third = scheduler.Follow(second)!;
        Assert.That((third.Parts.Single().First, third.Parts.Single().Follows), Is.EqualTo((4, 0)), "b has made all of its tokens");
        Assert.That(scheduler.Complete(second, [9, 9]).Select(made => made.IsLast), Is.EqualTo([false, true]));
        Assert.That(scheduler.Follow(third), Is.Null);
        Assert.That(scheduler.Complete(third, [9]).Select(made => made.IsLast), Is.EqualTo([true]));
        Assert.That((Step(), scheduler.Pool.Free), Is.EqualTo(("", 8)));
    }

    [Test]
    public void UseNothingThatWasMadeBehindTheEndOfAText()
    {
        var stops = Add(prompt: 1, tokens: 3);
        var first = scheduler.Next()!;
        var second = scheduler.Follow(first)!;
        Assert.That(scheduler.Complete(first, [Tiny.Llama.EndTokens[0]]), Is.EqualTo([new MadeToken(stops, 1, true)]));
        Assert.That((scheduler.Follow(second), scheduler.Pool.Free), Is.EqualTo(((PlannedStep?)null, 8)));
        Assert.That(scheduler.Complete(second, [9]), Is.Empty);
    }

    [Test]
    public void WaitForTheResultsWhereTheyDecideWhatComesNext()
    {
        scheduler = new(Limits with { Pages = 4, MaxContext = 16 }, Tiny.Llama);
        var random = scheduler.Add(new() { Prompt = [5], MaxTokens = 3, Temperature = 1 });
        Assert.That(scheduler.Follow(scheduler.Next()!), Is.Null, "a token that is chosen at random");
        scheduler.End(random);
        var first = Add(prompt: 9, tokens: 5);
        Assert.That(scheduler.Follow(scheduler.Next()!), Is.Null, "a prompt that is not at its end");
        scheduler.End(first);

        Add(prompt: 4, tokens: 9);
        var step = scheduler.Next()!;
        Add(prompt: 3, tokens: 9);
        Assert.That(scheduler.Follow(step), Is.Null, "a prompt to begin with");
        scheduler.Complete(step, [9]);
        step = scheduler.Next()!;
        Assert.That(step.Sequences, Has.Count.EqualTo(2));
        for (var next = scheduler.Follow(step); next is not null; next = scheduler.Follow(step))
        {
            scheduler.Complete(step, [9, 9]);
            step = next;
        }

        Assert.That((scheduler.Pool.Free, scheduler.Preemptions), Is.EqualTo((0, 0L)), "a page that another must give back");
    }

    [Test]
    public void EndAtTheMostTokensOrAtATokenThatEndsATextIfTheRequestStopsThere()
    {
        var stops = Add(prompt: 1, tokens: 3);
        var goesOn = scheduler.Add(new() { Prompt = [5], MaxTokens = 3, StopsAtEndTokens = false });
        var made = scheduler.Complete(scheduler.Next()!, [Tiny.Llama.EndTokens[0], Tiny.Llama.EndTokens[0]]);
        Assert.That(made, Is.EqualTo([new MadeToken(stops, 1, true), new MadeToken(goesOn, 1, false)]));
        Assert.That(scheduler.Running, Is.EqualTo([goesOn]));
    }

    [Test]
    public void ChooseWithTheNumbersOfTheRequestAndAgainAfterAPreemption()
    {
        scheduler = new(Limits with { Pages = 4, MaxContext = 16 }, Tiny.Llama);
        Add(prompt: 4, tokens: 9);
        var b = scheduler.Add(new() { Prompt = [1, 2, 3], MaxTokens = 9, Temperature = 0.5f, TopP = 0.25f, Seed = 3 });
        names[b] = 'b';
        var choices = new List<TokenChoice>();
        while (scheduler.Next() is { } step)
        {
            choices.AddRange(step.Sequences.Zip(step.Parts).Where(one => one.First == b && one.Second.Choice is not null).Select(one => one.Second.Choice!.Value));
            scheduler.Complete(step, [.. step.Parts.Select(_ => 9)]);
        }

        Assert.That(scheduler.Preemptions, Is.EqualTo(1));
        Assert.That(choices, Is.EqualTo(Enumerable.Range(0, 9).Select(i => new TokenChoice(0.5f, 0.25f, b.Request.RandomOf(i)))));
    }

    [Test]
    public void RefuseWhatCanNeverBeDone()
    {
        Refuses(20, 13, "The prompt has 20 tokens, and 13 are to be made, 33 together; the longest context has 32");
        scheduler = new(Limits with { MaxContext = 100 }, Tiny.Llama);
        Refuses(20, 13, "33 together; the cache holds 32 (8 pages of 4)");
        Refuses(0, 1, "The prompt has no tokens");
        Refuses(1, 0, "0 tokens are asked for");
        Assert.That(() => scheduler.Add(new() { Prompt = [96] }), Throws.TypeOf<RequestRefusedException>().With.Message.Contain("token 96; the model's vocabulary has 96"));
        Assert.That(() => scheduler.Add(new() { Prompt = [1], MaxTokens = 1, TopP = 0 }), Throws.TypeOf<RequestRefusedException>().With.Message.Contain("Top-p is 0"));
        Assert.That(() => Add(20, 12), Throws.Nothing, "just fits");

        void Refuses(int prompt, int tokens, string text) =>
            Assert.That(() => Add(prompt, tokens), Throws.TypeOf<RequestRefusedException>().With.Message.Contain(text));
    }

    [Test]
    public void HaveRandomNumbersThatFillTheirRangeAndDependOnSeedAndIndex()
    {
        var numbers = Enumerable.Range(0, 2000).Select(i => new Request { Prompt = [1], Seed = (ulong)(i / 100) }.RandomOf(i % 100)).ToArray();
        Assert.That(numbers.Distinct().Count(), Is.EqualTo(numbers.Length));
        Assert.That(numbers, Has.All.InRange(0, 1).And.None.EqualTo(1));
        for (var tenth = 0; tenth < 10; tenth++)
            Assert.That(numbers.Count(number => (int)(number * 10) == tenth), Is.InRange(140, 260), $"from 0.{tenth} on");
    }

    private Sequence Add(int prompt, int tokens)
    {
        var sequence = scheduler.Add(new() { Prompt = [.. Enumerable.Repeat(5, prompt)], MaxTokens = tokens });
        names[sequence] = (char)('a' + names.Count);
        return sequence;
    }

    private string[] Steps(int count) => [.. Enumerable.Range(0, count).Select(_ => Step())];

    private string Step()
    {
        if (scheduler.Next() is not { } step) return "";
        scheduler.Complete(step, [.. step.Parts.Select(_ => 9)]);
        return string.Join(' ', step.Sequences.Zip(step.Parts).Select(one => $"{names[one.First]}{one.Second.Tokens.Count}{(one.Second.Choice is null ? "" : "!")}"));
    }
}
