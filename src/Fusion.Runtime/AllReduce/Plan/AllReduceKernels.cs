using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Set of all-reduce kernels compiled for one model. Where one fits a call, an operation prefers it to the built-in
/// kernel; the results have the same bits.</summary>
/// <remarks>A project gets such kernels by an item: <c>&lt;FusionAllReduce Include="llama" HiddenSize="4096" WorldSizes="8"
/// Epilogues="residual+rmsnorm+fp8" /&gt;</c>. Its assembly registers itself when it is loaded.</remarks>
public sealed class AllReduceKernels
{
    private static readonly Lock Gate = new();
    // Weak, so that an assembly can be unloaded.
    private static readonly List<WeakReference<Assembly>> Assemblies = [];
    private static readonly ConditionalWeakTable<Assembly, AllReduceVariant[]> Read = [];

    // The operation that the variants were selected for; null before a selection.
    private (int Hidden, ElementType Type, int Ranks, ComputeCapability Gpu)? selectedFor;

    private AllReduceKernels(IReadOnlyList<AllReduceVariant> variants) => Variants = variants;

    /// <summary>Empty set, with which an operation uses the built-in kernels only.</summary>
    public static AllReduceKernels BuiltIn { get; } = new([]);

    /// <summary>Gets the kernels of all assemblies that have registered themselves by now, which an operation uses by
    /// default.</summary>
    /// <exception cref="KernelLoadException">The list of an assembly's kernels cannot be read.</exception>
    public static AllReduceKernels GetRegistered()
    {
        lock (Gate)
        {
            Assemblies.RemoveAll(reference => !reference.TryGetTarget(out _));
            return new([.. LoadedAssemblies().SelectMany(assembly => Read.GetValue(assembly, one => [.. VariantsOf(one)]))]);
        }
    }

    /// <summary>Variants of the set, one for each hidden size, type, world size and epilogue.</summary>
    public IReadOnlyList<AllReduceVariant> Variants { get; }

    /// <summary>Reads the kernels of some assemblies, without a GPU and without running their code.</summary>
    /// <param name="assemblies">Assemblies built with Fusion.Sdk. One without such kernels adds none.</param>
    /// <exception cref="KernelLoadException">The list of an assembly's kernels cannot be read.</exception>
    public static AllReduceKernels Of(params ReadOnlySpan<Assembly> assemblies) => new([.. assemblies.ToArray().SelectMany(VariantsOf)]);

    /// <summary>Adds an assembly to <see cref="GetRegistered"/>, called by code that the SDK compiles into a project.
    /// Registering twice is harmless.</summary>
    /// <param name="assembly">The assembly. Its manifest is read at the first use.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Register(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        lock (Gate)
        {
            if (!LoadedAssemblies().Contains(assembly)) Assemblies.Add(new(assembly));
        }
    }

    /// <summary>Explains which of these kernels do a call, and why the others do not, without a GPU.</summary>
    /// <param name="request">The call and what it runs on; its <see cref="PlanRequest.Kernels"/> are ignored.</param>
    /// <returns>One entry for each of <see cref="Variants"/>, in their order.</returns>
    internal IReadOnlyList<AllReduceVariantUse> Explain(PlanRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var plan = AllReduceDispatcher.Plan(request with { Kernels = this });
        var fitting = For(request);
        return [.. Variants.Select(variant => AllReduceVariantUse.Of(variant, request, plan, fitting))];
    }

    /// <summary>Selects the kernels that an operation can use, each epilogue once.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="gpu">The GPU, whose driver may refuse an image that its architecture would run; null to go by the
    /// architecture alone.</param>
    internal AllReduceKernels For(PlanRequest request, GroupGpu? gpu = null)
    {
        var wanted = (request.HiddenSize, request.DataType, request.WorldSize, request.Capability);
        if (selectedFor == wanted) return this;
        return new(
        [
            .. Variants.Where(variant => (variant.HiddenSize, variant.DataType, variant.WorldSize, request.Capability) == wanted
                    && (gpu?.Choose(variant.Module) ?? ImageSelector.Choose(variant.Module, request.Capability)).Image is not null)
                .DistinctBy(variant => variant.Epilogue),
        ])
        { selectedFor = wanted };
    }

    /// <summary>Finds the index of the variant for an epilogue; -1 for none. Allocates nothing.</summary>
    internal int IndexOf(in AllReduceEpilogue epilogue)
    {
        for (var i = 0; i < Variants.Count; i++)
        {
            if (Variants[i].Epilogue == epilogue) return i;
        }

        return -1;
    }

    private static IEnumerable<Assembly> LoadedAssemblies() =>
        Assemblies.Select(reference => reference.TryGetTarget(out var assembly) ? assembly : null).OfType<Assembly>();

    // A project may have been built without kernels, and has no manifest then.
    private static IEnumerable<AllReduceVariant> VariantsOf(Assembly assembly) => ManifestReader.TryRead(assembly) is { } manifest
        ? manifest.Modules.SelectMany(module => AllReduceVariant.InModule(assembly, module)) : [];
}
