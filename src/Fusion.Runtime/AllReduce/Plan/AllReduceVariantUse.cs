using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Whether kernels compiled for one model do a call, and why or why not.</summary>
internal sealed record AllReduceVariantUse
{
    public AllReduceVariantUse(AllReduceVariant variant, bool isUsed, string why) =>
        (Variant, IsUsed, Why) = (variant, isUsed, why);

    /// <summary>The kernels.</summary>
    public AllReduceVariant Variant { get; init; }

    /// <summary>Whether the kernels do the call, or a part of it.</summary>
    public bool IsUsed { get; init; }

    /// <summary>What the kernels do, or everything by which they do not fit, as a clause.</summary>
    public string Why { get; init; }

    public static AllReduceVariantUse Of(AllReduceVariant variant, PlanRequest request, AllReducePlan plan, AllReduceKernels fitting)
    {
        var index = fitting.Variants.ToList().IndexOf(variant);
        if (index >= 0 && !plan.IsRefused)
        {
            if (plan.Variant == variant) return new(variant, true, "they fit the call");
            if (plan.Variants.Exchange == index) return new(variant, true, "they do the plain all-reduce that the call begins with");
        }

        return new(variant, false, string.Join("; ", Obstacles(variant, request, plan)));
    }

    private static IEnumerable<string> Obstacles(AllReduceVariant variant, PlanRequest request, AllReducePlan plan)
    {
        if (request.Topology == GroupTopology.Cpu)
        {
            yield return "ranks on the CPU have no kernels";
            yield break;
        }

        var found = false;
        foreach (var difference in Differences(variant, request))
        {
            found = true;
            yield return difference;
        }

        if (found) yield break;
        yield return plan.IsRefused ? "the call is refused"
            : request.Epilogue is null ? $"what follows the sum is not said; they would fit {variant.Epilogue}"
            : "other kernels are for the same calls and come first";
    }

    private static IEnumerable<string> Differences(AllReduceVariant variant, PlanRequest request)
    {
        if (variant.WorldSize != request.WorldSize) yield return Text($"they are for {variant.WorldSize} ranks, not {request.WorldSize}");
        if (variant.HiddenSize != request.HiddenSize)
            yield return Text($"they are for a hidden size of {variant.HiddenSize}, not {request.HiddenSize}");
        if (variant.DataType != request.DataType)
            yield return $"they are for {CallWords.WordOf(variant.DataType)}, not {CallWords.WordOf(request.DataType)}";
        if (ImageSelector.Choose(variant.Module, request.Capability).Image is null)
        {
            var architectures = string.Join(", ", variant.Module.Images.Select(image => image.Architecture));
            yield return Text($"they are compiled for {architectures}, none of which sm_{request.Capability.Number} runs");
        }

        if (request.Epilogue is { } epilogue && epilogue != variant.Epilogue)
            yield return $"they are for {variant.Epilogue}, not {epilogue}";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
