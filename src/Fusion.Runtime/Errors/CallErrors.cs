using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Errors of the options and calls of an all-reduce and of other collectives, FUSION3001, 3002 and 3004 to 3006. Nothing was launched.</summary>
internal static class CallErrors
{
    /// <summary>Name of the all-reduce in messages.</summary>
    public const string AllReduceName = "all-reduce";

    /// <summary>A value of the options or of a call is wrong.</summary>
    /// <param name="parameter">Name of the value in <see cref="AllReduceCall"/> or <see cref="AllReduceOptions"/>.</param>
    /// <param name="value">The value, in words.</param>
    /// <param name="allowed">Values that are allowed, in words.</param>
    /// <param name="operation">Name of the operation.</param>
    public static FusionArgumentException Argument(string parameter, string value, string allowed, string operation = AllReduceName) =>
        new(ErrorCodes.AllReduceArgument, parameter,
            $"{parameter} of the {operation} is {value}; allowed is {allowed}. Nothing was launched.");

    /// <summary>A call has more tokens than the operation was made for.</summary>
    public static FusionArgumentException Capacity(long tokens, in WorkspaceLayout workspace)
    {
        var would = workspace.Exists && tokens <= int.MaxValue
            ? Text($", where it would be {workspace.WithMaxTokens((int)tokens).Bytes:N0}")
            : "";
        var holds = workspace.Exists ? Text($", which its workspace of {workspace.Bytes:N0} bytes on each rank holds") : "";
        return new(ErrorCodes.Capacity, nameof(AllReduceCall.Input),
            Text($"Input of the all-reduce has {tokens} tokens; allowed are 1 to {workspace.MaxTokens}{holds}. ") +
            Text($"Make it with AllReduceOptions.MaxTokens = {tokens}{would}. Nothing was launched."));
    }

    /// <summary>A call cannot be done by the strategy that was asked for.</summary>
    public static FusionArgumentException PlanRefused(AllReducePlan plan) =>
        new(ErrorCodes.PlanRefused, "strategy", $"The all-reduce is refused: {plan.Reason}. Nothing was launched.");

    /// <summary>An address in a call is not in the memory of the rank's GPU.</summary>
    public static FusionArgumentException WrongMemory(string parameter, ulong address, MemoryPlace found, int gpu, string operation)
    {
        var advice = found.Kind == MemoryKind.Device
            ? "Pass each rank tensors of its own GPU."
            : "Copy the data to a buffer of the rank, Rank.Allocate, and pass that.";
        return new(ErrorCodes.WrongMemory, parameter,
            Text($"{parameter} of the {operation} is at 0x{address:x}, {found.Words()}; allowed is memory of GPU {gpu}, ") +
            $"where this rank is. {advice} Nothing was launched.");
    }

    /// <summary>An output shares memory with another tensor of the call in a way that is not allowed.</summary>
    /// <param name="operation">Name of the operation.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="other">Name of the other tensor.</param>
    /// <param name="start">First address that both have.</param>
    /// <param name="end">Address behind the last one.</param>
    /// <param name="allowed">What is allowed, in words.</param>
    public static FusionArgumentException Overlap(string operation, string output, string other, ulong start, ulong end, string allowed) =>
        new(ErrorCodes.Overlap, output,
            $"{output} and {other} of the {operation} share the memory from 0x{start:x} to 0x{end:x}; allowed is {allowed}. Nothing was launched.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
