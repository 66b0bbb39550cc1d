using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Validates the options of an operation before anything is allocated.</summary>
internal static class OptionsValidation
{
    /// <summary>Throws if a rank's options are wrong.</summary>
    /// <param name="options">The options.</param>
    /// <param name="group">Group of the rank.</param>
    /// <param name="rank">The rank.</param>
    /// <returns>The request that all plans of the operation start from, with the kernels that the rank's GPU can
    /// load.</returns>
    /// <exception cref="FusionArgumentException">A value is wrong.</exception>
    public static PlanRequest Check(AllReduceOptions options, RankGroup group, Rank rank)
    {
        var request = Check(options, group.Topology, rank.Context?.Device.Capability ?? default, group.WorldSize, group.GpuName);
        if (options.TwoLevel && group.Machines is { } machines) request = request with { RanksOfAMachine = RanksOfAMachine(options, machines) };
        return request with { Kernels = rank.Gpu is { } gpu ? request.Kernels.For(request, gpu) : AllReduceKernels.BuiltIn };
    }

    private static int RanksOfAMachine(AllReduceOptions options, GroupMachines machines)
    {
        if (machines.RanksOfEach == 0)
        {
            throw CallErrors.Argument(nameof(options.TwoLevel), $"true, but the machines have {machines}",
                "true where each machine has as many ranks; start as many on each, or leave it false, so that NCCL sums over all ranks");
        }

        if (machines.RanksOfEach > 1 && options.Library is { } library and not NcclAllReduce)
        {
            throw CallErrors.Argument(nameof(options.Library), $"{library.GetType().Name}, with TwoLevel",
                "an NcclAllReduce of the group, or null: between machines NCCL sums");
        }

        return machines.RanksOfEach;
    }

    /// <summary>Throws if options are wrong.</summary>
    /// <param name="options">The options.</param>
    /// <param name="topology">Topology of the group.</param>
    /// <param name="capability">Compute capability of the GPUs; ignored on the CPU.</param>
    /// <param name="worldSize">World size.</param>
    /// <param name="gpu">Product name of the GPUs; null if they have several.</param>
    /// <returns>The request that all plans of the operation start from, with the most tokens of a call.</returns>
    /// <exception cref="FusionArgumentException">A value is wrong.</exception>
    public static PlanRequest Check(
        AllReduceOptions options, GroupTopology topology, ComputeCapability capability, int worldSize, string? gpu = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var request = new PlanRequest
        {
            Capability = capability,
            Gpu = gpu,
            Topology = topology,
            WorldSize = worldSize,
            Tokens = options.MaxTokens,
            MaxTokens = options.MaxTokens,
            WorkspaceLimitBytes = options.WorkspaceLimitBytes,
            HiddenSize = options.HiddenSize,
            DataType = options.DataType,
            Policy = options.Policy ?? AllReducePolicy.Default,
            Kernels = options.Kernels ?? AllReduceKernels.GetRegistered(),
        };
        if (PlanRules.FaultOf(request) is { } fault)
            throw CallErrors.Argument(fault.Parameter, fault.Value, fault.Allowed);
        if (options.Timeout <= TimeSpan.Zero)
        {
            throw CallErrors.Argument(nameof(options.Timeout),
                options.Timeout.ToString("c", CultureInfo.InvariantCulture), "more than zero: no wait is without an end");
        }

        if (options.StartsNextEarlyTokens < 0)
        {
            throw CallErrors.Argument(nameof(options.StartsNextEarlyTokens),
                options.StartsNextEarlyTokens.ToString(CultureInfo.InvariantCulture), "0 for none, or more");
        }

        return request;
    }
}
