using System.Diagnostics;

namespace Fusion.Runtime;

/// <summary>Activities of the runtime, which OpenTelemetry calls spans: the making of groups and operations, which loads
/// kernels and takes time. docs/observing.md lists them.</summary>
internal static class FusionActivities
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Fusion.Runtime";

    private static readonly ActivitySource Source = new(SourceName, typeof(FusionActivities).Assembly.GetName().Version?.ToString(3));

    /// <summary>Starts the activity of a group that is made.</summary>
    /// <param name="group">The group.</param>
    /// <returns>The activity, to be disposed; null if nobody listens.</returns>
    public static Activity? OfGroup(RankGroup group) => Start("fusion.group.create", group);

    /// <summary>Starts the activity of an operation that is made.</summary>
    /// <param name="name">Name of the activity.</param>
    /// <param name="group">Group of the operation.</param>
    /// <param name="options">Options of the operation, which may be wrong.</param>
    /// <returns>The activity, to be disposed; null if nobody listens.</returns>
    public static Activity? OfOperation(string name, RankGroup group, AllReduceOptions? options) => Start(name, group)?
        .SetTag("fusion.allreduce.hidden_size", options?.HiddenSize)
        .SetTag("fusion.allreduce.max_tokens", options?.MaxTokens)
        .SetTag("fusion.allreduce.data_type", options is null ? null : CallWords.WordOf(options.DataType));

    /// <summary>Starts the activity of collectives that are made.</summary>
    /// <param name="group">Group of the collectives.</param>
    /// <param name="options">Options of the collectives.</param>
    /// <returns>The activity, to be disposed; null if nobody listens.</returns>
    public static Activity? OfCollectives(RankGroup group, CollectivesOptions options) => Start("fusion.collectives.create", group)?
        .SetTag("fusion.collectives.workspace", options.WorkspaceBytes);

    /// <summary>Marks an activity as failed.</summary>
    /// <param name="activity">The activity; null if nobody listens.</param>
    /// <param name="reason">The exception that ends it.</param>
    public static void Fail(this Activity? activity, Exception reason) => activity?
        .SetStatus(ActivityStatusCode.Error, reason.Message)
        .SetTag("error.type", reason is IFusionError { Code: var code } ? code : reason.GetType().FullName);

    private static Activity? Start(string name, RankGroup group) => Source.StartActivity(name)?
        .SetTag("fusion.group.world_size", group.WorldSize)
        .SetTag("fusion.group.topology", group.Topology switch
        {
            GroupTopology.Gpus => "gpus",
            GroupTopology.Loopback => "loopback",
            GroupTopology.Machines => "machines",
            _ => "cpu",
        });
}
