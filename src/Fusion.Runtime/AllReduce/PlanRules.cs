using System.Globalization;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>What an operation can be made for: one place for the dispatcher, which refuses, and the operation, which
/// throws.</summary>
internal static class PlanRules
{
    /// <summary>The world sizes that there are kernels for, in words.</summary>
    public const string WorldSizes = "2 to 8 and 16";

    /// <summary>The most elements of a token: 1024 threads, each with 4 vectors of 8.</summary>
    public const int MaxHiddenSize = 32768;

    /// <summary>Elements of a vector, which a thread reads at once.</summary>
    public const int Vector = 8;

    private static readonly ComputeCapability Oldest = new(8, 0);

    /// <summary>The same as numbers.</summary>
    public static IEnumerable<int> AllWorldSizes => Enumerable.Range(0, 17).Where(IsWorldSize);

    /// <summary>Whether there are kernels for so many ranks.</summary>
    public static bool IsWorldSize(int ranks) => ranks is (>= 2 and <= 8) or 16;

    /// <summary>Whether inputs may have this type.</summary>
    public static bool IsDataType(ElementType type) =>
        type is ElementType.BFloat16 or ElementType.Float16 or ElementType.Float32;

    /// <summary>Whether a token may have so many elements.</summary>
    public static bool IsHiddenSize(int hidden) => hidden is >= Vector and <= MaxHiddenSize && hidden % Vector == 0;

    /// <summary>What is wrong with what an operation is made for.</summary>
    /// <param name="request">What it is made for; its <see cref="PlanRequest.Tokens"/> are not looked at.</param>
    /// <returns>The first fault; null if there is none.</returns>
    public static PlanFault? FaultOf(PlanRequest request)
    {
        var hidden = request.HiddenSize;
        if (!IsWorldSize(request.WorldSize)) return Fault(nameof(request.WorldSize), request.WorldSize, WorldSizes);
        if (request.Topology != GroupTopology.Cpu && request.Capability < Oldest)
        {
            return new(nameof(request.Capability), $"sm_{request.Capability.Number}", "sm_80 or newer, which the kernels need");
        }

        if (!IsDataType(request.DataType)) return new(nameof(request.DataType), NameOf(request.DataType), "bf16, f16 or f32");
        if (!IsHiddenSize(hidden)) return Fault(nameof(request.HiddenSize), hidden, "a multiple of 8 from 8 to 32768");
        if (request.MaxTokens < 1) return Fault(nameof(request.MaxTokens), request.MaxTokens, "1 or more");
        return FaultOf(request.Quantization, request.GroupSize, hidden);
    }

    /// <summary>What is wrong with a quantization of rows of so many elements.</summary>
    public static PlanFault? FaultOf(QuantizationKind kind, int groupSize, int hidden) => kind switch
    {
        QuantizationKind.NvFp4 when hidden % Quantization.NvFp4Block != 0 =>
            Fault(nameof(AllReduceOptions.HiddenSize), hidden, "a multiple of 16 for NVFP4"),
        QuantizationKind.MxFp8 when hidden % Quantization.MxFp8Block != 0 =>
            Fault(nameof(AllReduceOptions.HiddenSize), hidden, "a multiple of 32 for MXFP8"),
        QuantizationKind.PerGroupFp8 when groupSize < Vector || groupSize % Vector != 0 || hidden % groupSize != 0 =>
            Fault(nameof(Quantization.GroupSize), groupSize, string.Create(CultureInfo.InvariantCulture,
                $"a multiple of 8 that divides the hidden size, {hidden}")),
        < QuantizationKind.None or > QuantizationKind.MxFp8 =>
            Fault(nameof(Quantization.Kind), (int)kind, $"a value of {nameof(QuantizationKind)}"),
        _ => null,
    };

    /// <summary>A type as CUDA names it.</summary>
    public static string NameOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => "bf16",
        ElementType.Float16 => "f16",
        ElementType.Float32 => "f32",
        ElementType.Float8E4M3 => "e4m3",
        ElementType.Float4E2M1 => "e2m1",
        ElementType.Float8UE8M0 => "ue8m0",
        _ => type.ToString(),
    };

    private static PlanFault Fault(string parameter, int value, string allowed) =>
        new(parameter, value.ToString(CultureInfo.InvariantCulture), allowed);
}

/// <summary>A value that an operation cannot be made with.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Value">What it is.</param>
/// <param name="Allowed">What it may be.</param>
internal sealed record PlanFault(string Parameter, string Value, string Allowed);
