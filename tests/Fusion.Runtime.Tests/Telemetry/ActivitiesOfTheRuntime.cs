using System.Diagnostics;

namespace Fusion.Runtime.Tests.Telemetry;

/// <summary>The making of groups and operations, as a trace shows it.</summary>
public sealed class ActivitiesOfTheRuntime
{
    private readonly List<Activity> ended = [];
    private ActivityListener listener = null!;

    [SetUp]
    public void Listen()
    {
        ended.Clear();
        listener = new()
        {
            ShouldListenTo = source => source.Name == "Fusion.Runtime",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
    }

    [TearDown]
    public void StopListening() => listener.Dispose();

    [Test]
    public void SayWhatIsMade()
    {
        using var op = new CpuOperation(2, hidden: 16, maxTokens: 4);

        Assert.That(ended.Select(Text), Is.EqualTo(new[]
        {
            "fusion.group.create: fusion.group.world_size=2 fusion.group.topology=cpu",
            "fusion.allreduce.create: fusion.group.world_size=2 fusion.group.topology=cpu " +
            "fusion.allreduce.hidden_size=16 fusion.allreduce.max_tokens=4 fusion.allreduce.data_type=f32",
        }));
        Assert.That(ended.Select(one => one.Status), Is.All.EqualTo(ActivityStatusCode.Unset));
    }

    [Test]
    public void SayWhyItFailed()
    {
        using var group = RankGroup.OnCpu(2);
        var options = CpuOperation.Options() with { HiddenSize = 7 };

        var failure = Assert.Throws<FusionArgumentException>(() => new AllReduce(group, options))!;
        Assert.Throws<FusionArgumentException>(() => new EpilogueOperation(group, new() { HiddenSize = 7, MaxTokens = 4 }));

        foreach (var activity in ended.Skip(1))
        {
            Assert.That((activity.Status, activity.GetTagItem("error.type")), Is.EqualTo((ActivityStatusCode.Error, (object)failure.Code)));
            Assert.That(activity.StatusDescription, Is.EqualTo(failure.Message));
        }

        Assert.That(ended.Skip(1).Select(one => one.OperationName), Is.EqualTo(["fusion.allreduce.create", "fusion.epilogue.create"]));
    }

    [Test]
    public void AreOnTheirPage()
    {
        using var op = new CpuOperation(2);
        using var epilogue = new EpilogueOperation(op.Group, new() { HiddenSize = 8, MaxTokens = 4, DataType = ElementType.Float32 });
        var page = Repository.Read("docs/observing.md");

        Assert.That(ended, Has.Count.EqualTo(3));
        foreach (var name in ended.SelectMany(one => one.TagObjects.Select(tag => tag.Key).Prepend(one.OperationName)))
            Assert.That(page, Does.Contain($"`{name}`"));
    }

    private static string Text(Activity activity) =>
        $"{activity.OperationName}: {string.Join(' ', activity.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))}";
}
