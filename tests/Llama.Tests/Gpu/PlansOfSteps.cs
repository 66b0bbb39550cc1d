using Llama.Gpu.Steps;
using Llama.Model.Running;

namespace Llama.Tests.Gpu;

/// <summary>What the host tells kernels of a step, without a GPU.</summary>
public sealed class PlansOfSteps
{
    private static readonly StepLayout Layout = new(300, 3, 64);

    private static readonly StepPart Long = new([.. Enumerable.Range(100, 70)], 0, [9, 8, 7, 6, 5], TokenChoice.Greedy);
    private static readonly StepPart Single = new([5], 17, [2, 3], null);
    private static readonly StepPart Last = new([6], 0, [1], TokenChoice.Greedy);

    [Test]
    public void HaveDecodeFirstAndThenTilesOfPrefill()
    {
        var plan = new StepPlan([Long, Single, Last]);
        var step = new int[Layout.Length];
        Array.Fill(step, -77);
        var length = plan.Write(step, Layout, 80, 3);

        Assert.That((plan.Tokens, plan.Decodes, plan.IsDecode), Is.EqualTo((72, 2, false)));
        Assert.That(plan.Choosing, Is.EqualTo([(2, 1), (0, 71)]));
        Assert.That(step[StepLayout.Decodes], Is.EqualTo(2));
        Assert.That(step[StepLayout.Tiles..][..16], Is.EqualTo([2, 2, 64, 0, 2, 66, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.That(step[Layout.Rows..][..4], Is.EqualTo([5, 6, 100, 101]), "tokens");
        Assert.That(step[(Layout.Rows + 71)..][..9], Is.EqualTo([169, -1, -1, -1, -1, -1, -1, -1, -1]), "tokens that pad");
        Assert.That(step[(Layout.Rows + 300)..][..4], Is.EqualTo([17, 0, 0, 1]), "positions");
        Assert.That(step[(Layout.Rows + 600)..][..4], Is.EqualTo([0, 1, 2, 2]), "slots of sequences");
        Assert.That(step[(Layout.Rows + 600 + 72)..][..8], Has.All.EqualTo(-1), "rows that pad");
        Assert.That(step[(Layout.Rows + 900)..][..3], Is.EqualTo([1, 71, -1]), "rows behind which a token is chosen");
        Assert.That(step[Layout.Tables..][..12], Is.EqualTo([2, 3, -77, -77, 1, -77, -77, -77, 9, 8, 7, 6]), "pages, up to the context");
        Assert.That(length, Is.EqualTo(Layout.Tables + 12).And.EqualTo(step.Length));
    }

    [Test]
    public void OfDecodeAloneHaveNoMoreRowsThanSequencesAndOthersHaveMore()
    {
        var buckets = new RowBuckets(null, Layout);
        Assert.That(buckets.Body, Is.EqualTo([1, 2, 3, 64, 128, 256, 300]));
        Assert.That(buckets.Head, Is.EqualTo([1, 2, 3]));
        Assert.That(buckets.RowsOf(new([Single, Last])), Is.EqualTo(2));
        Assert.That(buckets.RowsOf(new([Long, Single])), Is.EqualTo(128));
        StepPart two = new([1, 2], 0, [0], null);
        Assert.That(buckets.RowsOf(new([two])), Is.EqualTo(64));
        Assert.That(buckets.ChosenRowsOf(new([two])), Is.Zero);
        var none = new RowBuckets([], Layout);
        Assert.That((none.RowsOf(new([two])), none.RowsOf(new([Single])), none.ChosenRowsOf(new([Last]))), Is.EqualTo((4, 1, 1)), "not recorded");
    }
}
