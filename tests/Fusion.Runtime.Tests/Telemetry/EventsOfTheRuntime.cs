using System.Diagnostics.Tracing;

namespace Fusion.Runtime.Tests.Telemetry;

/// <summary>The events that dotnet-trace records. What is forgotten is in <see cref="Devices.Lifetimes"/>.</summary>
public sealed class EventsOfTheRuntime
{
    [Test]
    public void SayWhichRankDidNotCome()
    {
        using var events = new Events();
        using var op = new CpuOperation(2, timeout: TimeSpan.FromMilliseconds(20));
        op.Launch(0);

        var failure = Assert.Throws<PeerTimeoutException>(() => op.Operation.Synchronize(0))!;
        Assert.That(op.Operation.ThrowIfFailed, Throws.TypeOf<PeerTimeoutException>());

        Assert.That(events.Written, Is.EqualTo(new[] { ("PeerTimedOut", EventLevel.Error, failure.Message) }));
    }

    [Test]
    public void AreOnTheirPage()
    {
        using var source = new Events();
        var page = Repository.Read("docs/observing.md");
        foreach (var method in typeof(FusionEventSource).GetMethods().Where(method => method.IsDefined(typeof(EventAttribute), false)))
            Assert.That(page, Does.Contain($"`{method.Name}`"));
        Assert.That(FusionEventSource.Log.ConstructionException, Is.Null, "the source is well-formed");
    }

    private sealed class Events : EventListener
    {
        private readonly List<(string, EventLevel, string)> written = [];

        public (string Name, EventLevel Level, string Text)[] Written
        {
            get
            {
                lock (written) return [.. written];
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == FusionEventSource.SourceName) EnableEvents(eventSource, EventLevel.Error);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (written is null) return;
            lock (written) written.Add((eventData.EventName!, eventData.Level, (string)eventData.Payload![0]!));
        }
    }
}
