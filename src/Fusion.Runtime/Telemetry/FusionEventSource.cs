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

    /// <summary>Reports that a rank waited for another one until its timeout, once for each failure of an operation.</summary>
    /// <param name="message">Message of the <see cref="PeerTimeoutException"/>, which names rank, peer and step.</param>
    [Event(2, Level = EventLevel.Error, Message = "{0}")]
    public void PeerTimedOut(string message)
    {
        if (IsEnabled()) WriteEvent(2, message);
    }

    /// <summary>Warns that NVTX ranges were asked for and cannot be written.</summary>
    /// <param name="reason">Reason, a line for each library that was tried.</param>
    [Event(3, Level = EventLevel.Warning, Message = "NVTX ranges were asked for, but there is no NVTX library: {0}")]
    public void NvtxNotFound(string reason)
    {
        if (IsEnabled()) WriteEvent(3, reason);
    }

    /// <summary>Reports that the ranks of several processes have met, and how they reach each other's memory.</summary>
    /// <param name="message">Message.</param>
    [Event(4, Level = EventLevel.Informational, Message = "{0}")]
    public void RanksMet(string message)
    {
        if (IsEnabled()) WriteEvent(4, message);
    }

    /// <summary>Reports that a rank of another process is gone.</summary>
    /// <param name="message">Message of the <see cref="PeerGoneException"/>.</param>
    [Event(5, Level = EventLevel.Error, Message = "{0}")]
    public void PeerGone(string message)
    {
        if (IsEnabled()) WriteEvent(5, message);
    }
}
