using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Rules of what an operation can be made for, shared by the dispatcher, which refuses, and the operation, which
/// throws.</summary>
internal static class PlanRules
{
    private static readonly ComputeCapability Oldest = new(8, 0);

    /// <summary>Finds what is wrong with the request for an operation.</summary>
    /// <param name="request">The request; its <see cref="PlanRequest.Tokens"/> are ignored.</param>
    /// <returns>The first fault; null if there is none.</returns>
    public static PlanFault? FaultOf(PlanRequest request)
    {
        var hidden = request.HiddenSize;
        if (!AllReduceVocabulary.IsGroupSize(request.WorldSize))
            return Fault(nameof(request.WorldSize), request.WorldSize, AllReduceVocabulary.GroupSizeWords);
        if (request.Topology != GroupTopology.Cpu && request.Capability < Oldest)
        {
            return new(nameof(request.Capability), $"sm_{request.Capability.Number}", "sm_80 or newer, which the kernels need");
        }

        if (!CallWords.IsDataType(request.DataType)) return new(nameof(request.DataType), CallWords.WordOf(request.DataType), "bf16, f16 or f32");
        if (!AllReduceVocabulary.IsHiddenSize(hidden))
        {
            return Fault(nameof(request.HiddenSize), hidden,
                Text($"a multiple of {KernelLimits.RowVector} from {KernelLimits.RowVector} to {KernelLimits.LongestRow}"));
        }

        if (request.MaxTokens < 1) return Fault(nameof(request.MaxTokens), request.MaxTokens, "1 or more");
        if (request.WorkspaceLimitBytes < 1)
            return new(nameof(request.WorkspaceLimitBytes), Text($"{request.WorkspaceLimitBytes}"), "1 or more");
        if (request.RanksOfAMachine != 0 && !IsTwoLevel(request))
        {
            return Fault(nameof(request.RanksOfAMachine), request.RanksOfAMachine,
                Text($"0, or for several machines a number that divides the {request.WorldSize} ranks into at least 2 machines of at least 1 rank"));
        }

        return request.Epilogue is { } epilogue
            ? FaultOf(epilogue.Quantization, epilogue.GroupSize, hidden)
            : FaultOf(request.Quantization, request.GroupSize, hidden);
    }

    /// <summary>Finds what is wrong with a quantization of rows of <paramref name="hidden"/> elements; null if nothing
    /// is.</summary>
    public static PlanFault? FaultOf(QuantizationKind kind, int groupSize, int hidden)
    {
        if (kind == QuantizationKind.None) return null;
        if (CallWords.Of(kind) is not { } row)
            return Fault(nameof(Quantization.Kind), (int)kind, $"a value of {nameof(QuantizationKind)}");
        if (row.Block > 0 && hidden % row.Block != 0)
            return Fault(nameof(AllReduceOptions.HiddenSize), hidden, Text($"a multiple of {row.Block} for {row.Word.ToUpperInvariant()}"));
        var isGroup = groupSize >= KernelLimits.RowVector && groupSize % KernelLimits.RowVector == 0 && hidden % groupSize == 0;
        return row.TakesGroup && !isGroup
            ? Fault(nameof(Quantization.GroupSize), groupSize, Text($"a multiple of 8 that divides the hidden size, {hidden}")) : null;
    }

    private static bool IsTwoLevel(PlanRequest request) => request.Topology == GroupTopology.Machines &&
        request.RanksOfAMachine > 0 && request.RanksOfAMachine < request.WorldSize && request.WorldSize % request.RanksOfAMachine == 0;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static PlanFault Fault(string parameter, int value, string allowed) =>
        new(parameter, value.ToString(CultureInfo.InvariantCulture), allowed);
}

/// <summary>A value that an operation cannot be made with.</summary>
/// <param name="Parameter">Name of the parameter.</param>
/// <param name="Value">The wrong value.</param>
/// <param name="Allowed">Values that are allowed, in words.</param>
internal sealed record PlanFault(string Parameter, string Value, string Allowed);
