using System.Diagnostics.Metrics;

namespace Fusion.Runtime.Tests.Telemetry;

/// <summary>What dotnet-counters and OpenTelemetry see of a process.</summary>
public sealed class MetricsOfTheRuntime
{
    private readonly Dictionary<string, long> sums = [];
    private readonly List<Instrument> instruments = [];
    private MeterListener listener = null!;

    [SetUp]
    public void Listen()
    {
        sums.Clear();
        instruments.Clear();
        listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name != "Fusion.Runtime") return;
                instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = instrument.Name;
            foreach (var (key, word) in tags) name += $" {key}={word}";
            sums[name] = instrument.IsObservable ? value : sums.GetValueOrDefault(name) + value;
        });
        listener.Start();
    }

    [TearDown]
    public void StopListening() => listener.Dispose();

    [Test]
    public void CountCallsAndBytesByStrategy()
    {
        using var op = new CpuOperation(2);

        op.LaunchAll(tokens: 3);
        op.Operation.Launch(0, null, op.Call(0), AllReduceStrategy.TwoShot);
        var prepared = op.Operation.Prepare(1, op.Call(1), AllReduceStrategy.TwoShot);
        prepared.Launch();

        var row = 8 * sizeof(float);
        Assert.That(sums["fusion.allreduce.calls fusion.allreduce.strategy=one-shot"], Is.EqualTo(2));
        Assert.That(sums["fusion.allreduce.input fusion.allreduce.strategy=one-shot"], Is.EqualTo(2 * 3 * row));
        Assert.That(sums["fusion.allreduce.calls fusion.allreduce.strategy=two-shot"], Is.EqualTo(2));
        Assert.That(sums["fusion.allreduce.input fusion.allreduce.strategy=two-shot"], Is.EqualTo(2 * row));
    }

    [Test]
    public void DoNotCountWhatWasRefused()
    {
        using var op = new CpuOperation(2);

        Assert.That(() => op.Launch(0, tokens: 5), Throws.InstanceOf<Exception>());

        Assert.That(sums, Is.Empty);
    }

    [Test]
    public void CountATimeoutOnceForAllRanks()
    {
        using var op = new CpuOperation(3, timeout: TimeSpan.FromMilliseconds(20));
        op.Launch(0);
        op.Launch(1);

        Assert.That(() => op.Operation.Synchronize(0), Throws.TypeOf<PeerTimeoutException>());
        Assert.That(() => op.Operation.Synchronize(1), Throws.TypeOf<PeerTimeoutException>());

        Assert.That(sums["fusion.allreduce.timeouts"], Is.EqualTo(1));
    }

    [Test]
    public void ShowWorkspacesAndHandlesAsLongAsTheyLive()
    {
        using var driver = new ManagedDriver();
        var layout = WorkspaceLayout.For(Requests.Of(ranks: 2));
        var (handles, workspaces) = Observe();
        var context = GpuContext.Open();
        var workspace = new Workspace(context, layout.Bytes);

        Assert.That(layout.Bytes, Is.Positive);
        Assert.That(Observe(), Is.EqualTo((handles + 3, workspaces + layout.Bytes)), "a context, the workspace and its status");
        workspace.Dispose();
        context.Dispose();
        Assert.That(Observe(), Is.EqualTo((handles, workspaces)));

        (long Handles, long Workspaces) Observe()
        {
            listener.RecordObservableInstruments();
            return (sums["fusion.handle.count"], sums["fusion.allreduce.workspace.usage"]);
        }
    }

    [Test]
    public void HaveUnitsAndDescriptions()
    {
        Assert.That(instruments.Select(one => $"{one.Name} {one.Unit}"), Is.EquivalentTo(new[]
        {
            "fusion.allreduce.calls {call}", "fusion.allreduce.input By", "fusion.allreduce.timeouts {timeout}",
            "fusion.allreduce.workspace.usage By", "fusion.handle.count {handle}",
        }));
        Assert.That(instruments.Select(one => one.Description), Is.All.Not.Empty);
        foreach (var instrument in instruments) Assert.That(Repository.Read("docs/observing.md"), Does.Contain($"`{instrument.Name}`"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void AllocateNothingAtALaunch(bool isHeard)
    {
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        if (!isHeard) listener.Dispose();
        using var op = new CpuOperation(2);
        for (var i = 0; i < 3; i++) op.LaunchAll();
        var (call, prepared) = (op.Call(0), op.Operation.Prepare(0, op.Call(0)));

        var before = GC.GetAllocatedBytesForCurrentThread();
        op.Operation.Launch(0, null, call);
        prepared.Launch();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }
}
