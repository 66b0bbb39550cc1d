using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Looks for what is wrong in an operation's options before anything is allocated.</summary>
internal static class OptionsValidation
{
    /// <summary>Checks a rank's options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="group">Its group.</param>
    /// <param name="rank">The rank.</param>
    /// <returns>As below, with the kernels that the rank's GPU can load.</returns>
    /// <exception cref="AllReduceArgumentException">A value is wrong.</exception>
    public static PlanRequest Check(AllReduceOptions options, RankGroup group, Rank rank)
    {
        var request = Check(options, group.Topology, rank.Context?.Device.Capability ?? default, group.WorldSize);
        return request with { Kernels = rank.Gpu is { } gpu ? request.Kernels.For(request, gpu) : AllReduceKernels.BuiltIn };
    }

    /// <summary>Checks options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="topology">Where the ranks are.</param>
    /// <param name="capability">What their GPUs are; of no account on the CPU.</param>
    /// <param name="worldSize">How many there are.</param>
    /// <returns>The request that all plans of the operation start from, with as many tokens as it may have.</returns>
    /// <exception cref="AllReduceArgumentException">A value is wrong.</exception>
    public static PlanRequest Check(
        AllReduceOptions options, GroupTopology topology, ComputeCapability capability, int worldSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        var request = new PlanRequest
        {
            Capability = capability,
            Topology = topology,
            WorldSize = worldSize,
            Tokens = options.MaxTokens,
            MaxTokens = options.MaxTokens,
            HiddenSize = options.HiddenSize,
            DataType = options.DataType,
            Policy = options.Policy ?? AllReducePolicy.Default,
            Kernels = options.Kernels ?? AllReduceKernels.Registered,
        };
        if (PlanRules.FaultOf(request) is { } fault)
            throw new AllReduceArgumentException(fault.Parameter, fault.Value, fault.Allowed);
        if (options.Timeout <= TimeSpan.Zero)
        {
            throw new AllReduceArgumentException(nameof(options.Timeout),
                options.Timeout.ToString("c", CultureInfo.InvariantCulture), "more than zero: no wait is without an end");
        }

        return request;
    }
}
