using System.Diagnostics.Metrics;

namespace Fusion.Runtime;

/// <summary>Metrics of the runtime, for <c>dotnet-counters</c>, OpenTelemetry and <see cref="MeterListener"/>:
/// docs/observing.md.</summary>
/// <remarks>Counting allocates nothing, and is a look at two fields where nobody listens.</remarks>
internal static class FusionMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Fusion.Runtime";

    /// <summary>Name of the tag with the strategy of a call.</summary>
    public const string StrategyTag = "fusion.allreduce.strategy";

    private static readonly Meter Meter = new(MeterName, typeof(FusionMetrics).Assembly.GetName().Version?.ToString(3));

    private static readonly Counter<long> Calls = Meter.CreateCounter<long>(
        "fusion.allreduce.calls", "{call}", "Number of all-reduce calls that ranks of this process launched.");

    private static readonly Counter<long> InputBytes = Meter.CreateCounter<long>(
        "fusion.allreduce.input", "By", "Size of the inputs of all-reduce calls that ranks of this process launched.");

    private static readonly Counter<long> Timeouts = Meter.CreateCounter<long>(
        "fusion.allreduce.timeouts", "{timeout}", "Number of times that an operation failed because a rank did not come.");

    private static long workspaceBytes;
    private static long liveHandles;

    // The meter keeps the observable instruments.
    static FusionMetrics()
    {
        Meter.CreateObservableUpDownCounter(
            "fusion.allreduce.workspace.usage", () => Interlocked.Read(ref workspaceBytes), "By",
            "Size of the workspaces of all live all-reduce operations of this process on GPUs.");
        Meter.CreateObservableUpDownCounter(
            "fusion.handle.count", () => LiveHandles, "{handle}",
            "Number of contexts, streams, events, buffers and other native resources that are not freed yet.");
    }

    /// <summary>Number of native resources that are not freed yet.</summary>
    public static long LiveHandles => Interlocked.Read(ref liveHandles);

    /// <summary>Counts a rank's call that was launched.</summary>
    /// <param name="plan">Plan of the call.</param>
    /// <param name="input">Input of the call.</param>
    public static void CountCall(AllReducePlan plan, in DeviceTensor input)
    {
        if (!Calls.Enabled && !InputBytes.Enabled) return;
        var tag = new KeyValuePair<string, object?>(StrategyTag, AllReduceDispatcher.Name(plan.Strategy));
        Calls.Add(1, tag);
        InputBytes.Add(input.Bytes, tag);
    }

    /// <summary>Counts an operation's failure by a rank that did not come.</summary>
    public static void CountTimeout() => Timeouts.Add(1);

    /// <summary>Notes a workspace.</summary>
    /// <param name="bytes">Size of the workspace in bytes.</param>
    public static void WorkspaceMade(long bytes) => Interlocked.Add(ref workspaceBytes, bytes);

    /// <summary>Notes that a workspace was freed.</summary>
    /// <param name="bytes">Size of the workspace in bytes.</param>
    public static void WorkspaceFreed(long bytes) => Interlocked.Add(ref workspaceBytes, -bytes);

    /// <summary>Notes a native resource.</summary>
    public static void HandleMade() => Interlocked.Increment(ref liveHandles);

    /// <summary>Notes that a native resource was freed.</summary>
    public static void HandleFreed() => Interlocked.Decrement(ref liveHandles);
}
