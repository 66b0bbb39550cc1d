namespace Fusion.Runtime.Tests.Run;

public sealed class CallsThatDiffer
{
    [Test]
    public void InTokensAreSaidAndNothingIsWritten()
    {
        using var op = new CpuOperation(3);
        op.LaunchAll();
        var before = op.Sum(0);
        op.SetInput(0, 5);
        op.Launch(0, 1);
        op.Launch(1, 1);

        var failure = Assert.Throws<RankGroupException>(() => op.Launch(2, 2))!;

        Assert.That(failure.Message, Does.Contain("In call 1, tokens: 1 on rank 0, but 2 on rank 2"));
        Assert.That(failure, Has.Property("Code").EqualTo("FUSION4009").And.Property("Ranks").EqualTo(new[] { 0, 2 }));
        var again = Assert.Throws<RankGroupException>(() => op.Operation.Synchronize(0))!;
        Assert.That(again, Is.Not.SameAs(failure), "a rank's thread has an exception of its own");
        Assert.That(again.Message, Is.EqualTo(failure.Message));
        Assert.That(op.Sum(0), Is.EqualTo(before));
    }

    [Test]
    public void InNormAreSaidAndTheOperationCanBeReset()
    {
        using var op = new CpuOperation(2);
        var norm = op.Call(1) with
        {
            Norm = Normalization.Rms(op.Row(1, 1), 0),
            NormOut = op.Row(1, 0),
        };
        op.Launch(0);

        Assert.That(() => op.Operation.Launch(1, null, norm),
            Throws.TypeOf<RankGroupException>().With.Message.Contain("norm: None on rank 0, but Rms on rank 1"));

        op.Operation.Reset();
        op.SetInput(0, 1);
        op.SetInput(1, 1);
        op.LaunchAll();
        Assert.That(op.Sum(1), Is.All.EqualTo(2));
    }

    [Test]
    public void ThatAreWrongInThemselvesAreRefusedBeforeTheyCount()
    {
        using var op = new CpuOperation(2);
        op.SetInput(0, 1);
        op.SetInput(1, 2);

        Assert.That(() => op.Launch(0, 0), Throws.TypeOf<FusionArgumentException>());
        var tooMany = op.Call(0) with { Input = op.Call(0).Input with { Rows = 5 } };
        Assert.That(() => op.Operation.Launch(0, null, tooMany), Throws.TypeOf<FusionArgumentException>());
        op.LaunchAll();

        Assert.That(op.Sum(0), Is.All.EqualTo(3));
    }
}
