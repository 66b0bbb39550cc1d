using System.Globalization;
using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Kernels compiled for one model: for a hidden size, a type, a world size and an epilogue, by a
/// <c>FusionAllReduce</c> item of a project.</summary>
public sealed class AllReduceVariant
{
    private readonly AllReduceKernelName[] kernels;

    private AllReduceVariant(Assembly assembly, KernelModule module, AllReduceKernelName[] kernels)
    {
        (Assembly, Module, this.kernels) = (assembly, module, kernels);
        var exchange = kernels[0];
        (HiddenSize, WorldSize) = (exchange.HiddenSize, exchange.WorldSize);
        DataType = CallWords.TypeOf(exchange.DataType);
        Epilogue = AllReduceEpilogue.FromWords(exchange.Epilogue);
    }

    /// <summary>Name of the item, such as <c>llama</c>.</summary>
    public string Name => AllReduceKernelName.ItemOf(Module.Name);

    /// <summary>Assembly that carries the kernels.</summary>
    public Assembly Assembly { get; }

    /// <summary>Number of elements of a token (hidden size).</summary>
    public int HiddenSize { get; }

    /// <summary>Type of the input.</summary>
    public ElementType DataType { get; }

    /// <summary>World size of the kernels.</summary>
    public int WorldSize { get; }

    /// <summary>Epilogue of the kernels: what follows the sum.</summary>
    public AllReduceEpilogue Epilogue { get; }

    internal KernelModule Module { get; }

    /// <summary>Describes what the kernels are for, and where they are from.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{HiddenSize} {CallWords.WordOf(DataType)}, {WorldSize} ranks, {Epilogue} ({Name} of {Assembly.GetName().Name})");

    /// <summary>Reads the variants of a module, one for each world size; none if it is no module of such kernels.</summary>
    internal static IEnumerable<AllReduceVariant> InModule(Assembly assembly, KernelModule module)
    {
        if (!AllReduceKernelName.IsModule(module.Name)) return [];
        var names = module.Images.SelectMany(image => image.Kernels).Select(kernel => kernel.Name).Distinct()
            .Select(name => AllReduceKernelName.TryParse(name, out var read) ? read : default)
            .Where(name => name.Algorithm is not null).ToList();
        var epilogues = names.Where(name => name.Algorithm == AllReduceKernelName.EpilogueKernel).ToArray();
        return names.Where(name => name.WorldSize > 0).GroupBy(name => name.WorldSize)
            .Where(group => group.Select(name => name.Algorithm).Distinct().Count() == 2)
            .Select(group => new AllReduceVariant(assembly, module, [.. group, .. epilogues]));
    }

    /// <summary>Gets the name of the kernel that exchanges data between ranks.</summary>
    internal AllReduceKernelName Exchange(AllReduceStrategy strategy) =>
        Find(strategy == AllReduceStrategy.OneShot ? AllReduceKernelName.OneShot : AllReduceKernelName.TwoShot)!.Value;

    /// <summary>Name of the epilogue kernel; null where nothing follows the sum.</summary>
    internal AllReduceKernelName? EpilogueKernel => Find(AllReduceKernelName.EpilogueKernel);

    private AllReduceKernelName? Find(string algorithm) =>
        Array.FindIndex(kernels, kernel => kernel.Algorithm == algorithm) is >= 0 and var i ? kernels[i] : null;
}
