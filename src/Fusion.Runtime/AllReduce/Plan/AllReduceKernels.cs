using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Which all-reduce kernels that are compiled for one model an operation may use. Where one fits a call it is preferred to
/// the built-in kernel for all models; the results are the same bits.</summary>
/// <remarks>A project gets them by an item: <c>&lt;FusionAllReduce Include="llama" HiddenSize="4096" WorldSizes="8"
/// Epilogues="residual+rmsnorm+fp8" /&gt;</c>. Its assembly registers itself when it is loaded.</remarks>
public sealed class AllReduceKernels
{
    private static readonly Lock Gate = new();
    // Not to keep an assembly that could be unloaded.
    private static readonly List<WeakReference<Assembly>> Assemblies = [];
    private static readonly ConditionalWeakTable<Assembly, AllReduceVariant[]> Read = [];

    // What they were picked for; null for all that there are.
    private (int Hidden, ElementType Type, int Ranks, ComputeCapability Gpu)? fits;

    private AllReduceKernels(IReadOnlyList<AllReduceVariant> variants) => Variants = variants;

    /// <summary>None but the built-in kernels.</summary>
    public static AllReduceKernels BuiltIn { get; } = new([]);

    /// <summary>Those of all assemblies that have registered themselves: what an operation uses by default.</summary>
    public static AllReduceKernels Registered
    {
        get
        {
            lock (Gate)
            {
                Assemblies.RemoveAll(reference => !reference.TryGetTarget(out _));
                return new([.. Alive().SelectMany(assembly => Read.GetValue(assembly, one => [.. In(one)]))]);
            }
        }
    }

    /// <summary>The kernels, one entry for each hidden size, type, number of ranks and epilogue.</summary>
    public IReadOnlyList<AllReduceVariant> Variants { get; }

    /// <summary>Those of some assemblies. Needs no GPU; no code of theirs is run.</summary>
    /// <param name="assemblies">Assemblies that were built with Fusion.Sdk. One that has no such kernels adds none.</param>
    /// <exception cref="ManifestException">The list of an assembly's kernels cannot be read.</exception>
    public static AllReduceKernels Of(params ReadOnlySpan<Assembly> assemblies) => new([.. assemblies.ToArray().SelectMany(In)]);

    /// <summary>Adds an assembly to <see cref="Registered"/>. For code that the SDK compiles into a project; doing it twice is
    /// harmless.</summary>
    /// <param name="assembly">The assembly. What it carries is read when it is first asked for.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Register(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        lock (Gate)
        {
            if (!Alive().Contains(assembly)) Assemblies.Add(new(assembly));
        }
    }

    /// <summary>Which of these kernels do a call, and why the others do not fit it. Needs no GPU.</summary>
    /// <param name="request">The call and what it runs on; its <see cref="PlanRequest.Kernels"/> are of no account.</param>
    /// <returns>One entry for each of <see cref="Variants"/>, in their order.</returns>
    public IReadOnlyList<AllReduceVariantUse> Explain(PlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var plan = AllReduceDispatcher.Plan(request with { Kernels = this });
        var fitting = For(request);
        return [.. Variants.Select(variant => AllReduceVariantUse.Of(variant, request, plan, fitting))];
    }

    /// <summary>Those that an operation can use, an epilogue once.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="gpu">The GPU, whose driver may refuse what its architecture would run; null to go by that alone.</param>
    internal AllReduceKernels For(PlanRequest request, GroupGpu? gpu = null)
    {
        var wanted = (request.HiddenSize, request.DataType, request.WorldSize, request.Capability);
        if (fits == wanted) return this;
        return new(
        [
            .. Variants.Where(variant => (variant.HiddenSize, variant.DataType, variant.WorldSize, request.Capability) == wanted
                    && (gpu?.Choose(variant.Module) ?? ImageSelector.Choose(variant.Module, request.Capability)).Image is not null)
                .DistinctBy(variant => variant.Epilogue),
        ])
        { fits = wanted };
    }

    /// <summary>Index of the variant for an epilogue; -1 for none. Allocates nothing.</summary>
    internal int IndexOf(in AllReduceEpilogue epilogue)
    {
        for (var i = 0; i < Variants.Count; i++)
        {
            if (Variants[i].Epilogue == epilogue) return i;
        }

        return -1;
    }

    private static IEnumerable<Assembly> Alive() =>
        Assemblies.Select(reference => reference.TryGetTarget(out var assembly) ? assembly : null).OfType<Assembly>();

    // Its project may have been built without kernels.
    private static IEnumerable<AllReduceVariant> In(Assembly assembly) => ManifestReader.TryRead(assembly) is { } manifest
        ? manifest.Modules.SelectMany(module => AllReduceVariant.In(assembly, module)) : [];
}
