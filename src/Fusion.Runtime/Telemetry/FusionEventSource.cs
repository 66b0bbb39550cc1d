using System.Diagnostics.Tracing;

namespace Fusion.Runtime;

/// <summary>Events of the runtime, for <c>dotnet-trace</c> and <see cref="EventListener"/>: docs/observing.md.</summary>
[EventSource(Name = SourceName)]
internal sealed class FusionEventSource : EventSource
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Fusion.Runtime";

    public static FusionEventSource Log { get; } = new();

    private FusionEventSource()
    {
    }

    /// <summary>Warns that a resource was never disposed and is freed by its finalizer.</summary>
    /// <param name="kind">Kind of the resource, such as <c>stream</c>.</param>
    [Event(1, Level = EventLevel.Warning, Message = "A {0} was not disposed. It is freed by its finalizer; dispose it, so that it is freed in time.")]
    public void HandleForgotten(string kind)
    {
        if (IsEnabled()) WriteEvent(1, kind);
    }
}
