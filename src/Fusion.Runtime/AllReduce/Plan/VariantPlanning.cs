namespace Fusion.Runtime;

/// <summary>Prefers kernels compiled for one model to the built-in ones, where they fit a call. They change neither the
/// strategy nor a bit of the results.</summary>
internal static class VariantPlanning
{
    /// <summary>Replaces the kernels of a plan by those compiled for one model that fit the call.</summary>
    /// <param name="plan">The plan with the built-in kernels.</param>
    /// <param name="request">The call and what it runs on.</param>
    public static AllReducePlan Prefer(AllReducePlan plan, PlanRequest request)
    {
        var kernels = request.Kernels.For(request);
        if (kernels.Variants.Count == 0) return plan;
        var found = request.Epilogue is { } epilogue ? kernels.IndexOf(epilogue) : -1;
        var isSeparate = plan.Strategy is AllReduceStrategy.Separate or AllReduceStrategy.TwoLevel;
        // The separate strategy begins with a plain all-reduce, whose epilogue is empty. The kernels do neither a library's nor one in two levels.
        var exchange = plan.Exchange is AllReduceStrategy.Separate or AllReduceStrategy.TwoLevel ? -1 : isSeparate ? kernels.IndexOf(default) : found;
        var epilogueKernel = isSeparate && found >= 0 && kernels.Variants[found].EpilogueKernel is not null ? found : -1;
        plan = plan with
        {
            Reason = $"{plan.Reason}; {Reason(kernels, request.Epilogue, found)}",
            Variant = found >= 0 ? kernels.Variants[found] : null,
            Variants = (exchange, epilogueKernel),
        };
        if (epilogueKernel >= 0) plan = plan with { EpilogueKernel = kernels.Variants[epilogueKernel].EpilogueKernel!.Value.ToString() };
        if (exchange < 0) return plan;
        var name = kernels.Variants[exchange].Exchange(plan.Exchange!.Value);
        var shape = KernelChoice.Of(name, request.DataType);
        return plan with { Kernel = name.ToString(), Threads = shape.Threads, VectorsPerThread = shape.VectorsPerThread };
    }

    private static string Reason(AllReduceKernels kernels, AllReduceEpilogue? epilogue, int found)
    {
        if (found >= 0) return $"specialised for {kernels.Variants[found]}";
        var there = string.Join(" and ", kernels.Variants);
        return epilogue is { } wanted
            ? $"the kernels for all models, since none is specialised for {wanted}, only for {there}"
            : $"kernels are specialised for {there}";
    }
}
