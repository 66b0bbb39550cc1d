using System.Globalization;

namespace Fusion.Runtime;

/// <summary>What the ranks' calls of an all-reduce have in common. It travels between processes as it lies in memory.</summary>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Norm">Kind of the norm.</param>
/// <param name="Quantization">Kind of the quantization.</param>
/// <param name="GroupSize">Number of elements of a group of per-group FP8.</param>
/// <param name="GroupScaleType">Type of its scales.</param>
/// <param name="Layout">Layout of the scales of NVFP4 and MXFP8.</param>
internal readonly record struct AllReduceShape(
    long Tokens, NormKind Norm, QuantizationKind Quantization, int GroupSize, ElementType GroupScaleType, ScaleLayout Layout) : ICallShape
{
    /// <inheritdoc/>
    public ulong Fingerprint => Fingerprints.Mix(
        ((ulong)Tokens << 32) | (uint)GroupSize, (byte)Norm | ((uint)(byte)Quantization << 8) | ((uint)(byte)GroupScaleType << 16) | ((uint)(byte)Layout << 24));

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Items =>
    [
        new("tokens", Tokens.ToString(CultureInfo.InvariantCulture)),
        new("norm", Norm.ToString()),
        new("quantization", Quantization.ToString()),
        new("elements of a group", GroupSize.ToString(CultureInfo.InvariantCulture)),
        new("type of the scales", GroupScaleType.ToString()),
        new("layout of the scales", Layout.ToString()),
    ];

    /// <summary>Gets what a call has in common with those of the other ranks.</summary>
    /// <param name="call">The call.</param>
    public static AllReduceShape Of(in AllReduceCall call) => new(
        call.Input.Rows, call.Norm.Kind, call.Quantization.Kind, call.Quantization.GroupSize, call.Quantization.GroupScaleType, call.Quantization.Layout);
}

/// <summary>What the ranks' calls of an all-reduce on GPUs have in common: besides the call, how it is done. Which kernels do it may differ,
/// as outputs and residual may: kernels compiled for one model exchange the same as the built-in ones.</summary>
/// <param name="Call">The call.</param>
/// <param name="Strategy">Its strategy.</param>
/// <param name="Exchange">Strategy of its exchange.</param>
internal readonly record struct AllReduceLaunch(AllReduceShape Call, AllReduceStrategy Strategy, AllReduceStrategy Exchange) : ICallShape
{
    /// <inheritdoc/>
    public ulong Fingerprint => Fingerprints.Mix(Call.Fingerprint, (byte)Strategy | ((uint)(byte)Exchange << 8));

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Items =>
        [.. Call.Items, new("strategy", Strategy.ToString()), new("exchange", Exchange.ToString())];

    /// <summary>Gets what a call has in common with those of the other ranks.</summary>
    /// <param name="call">The call.</param>
    /// <param name="plan">Its plan, which is no refusal.</param>
    public static AllReduceLaunch Of(in AllReduceCall call, AllReducePlan plan) =>
        new(AllReduceShape.Of(call), plan.Strategy!.Value, plan.Exchange!.Value);
}
