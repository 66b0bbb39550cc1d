using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Errors of finding and launching a kernel, and of a module's variables: FUSION2008, 2009, 2011, 2013, 2016 and
/// 2017.</summary>
internal static class KernelErrors
{
    private const int MaxNames = 20;

    /// <summary>There is no kernel of a name.</summary>
    public static FusionArgumentException UnknownKernel(string name, string? module, IReadOnlyList<string> known) =>
        new(ErrorCodes.KernelNotFound, nameof(name), Unknown("kernel", name, module, known) +
            " Templates need their instantiations in the NameExpressions of the .cu file.");

    /// <summary>Several modules have a kernel of a name.</summary>
    public static FusionArgumentException AmbiguousKernel(string name, IReadOnlyList<string> modules) =>
        new(ErrorCodes.AmbiguousKernel, nameof(name), $"The modules {Quoted(modules)} all have a kernel '{name}'. Say which: " +
            $"GetKernel(\"{modules[0]}\", \"{name}\").");

    /// <summary>There is no variable of a name.</summary>
    public static FusionArgumentException UnknownVariable(string name, string? module, IReadOnlyList<string> known) =>
        new(ErrorCodes.GlobalNotFound, nameof(name), Unknown("variable", name, module, known) +
            " Expected a __constant__ or __device__ variable outside of functions, with its namespaces: math::table.");

    /// <summary>Several modules have a variable of a name.</summary>
    public static FusionArgumentException AmbiguousVariable(string name, IReadOnlyList<string> modules) =>
        new(ErrorCodes.GlobalNotFound, nameof(name), $"The modules {Quoted(modules)} have a variable '{name}' each. Say which: " +
            $"GetGlobal<T>(\"{modules[0]}\", \"{name}\").");

    /// <summary>The size of a variable is no whole number of the elements that were asked for.</summary>
    public static FusionArgumentException VariableSize(string name, string module, long bytes, Type type, int elementBytes) =>
        new(ErrorCodes.GlobalSize, "T",
            $"The variable '{name}' of the module '{module}' has {bytes} bytes, which is no whole number of {type.Name} with " +
            $"{Bytes(elementBytes)}. Ask for elements of the variable's type, laid out as in C++.");

    /// <summary>A kernel gets too many or too few arguments.</summary>
    public static FusionArgumentException ArgumentCount(KernelEntry kernel, int count) =>
        new(ErrorCodes.KernelArgument, "arguments",
            $"The kernel '{kernel.Name}' takes {kernel.Parameters.Count} arguments, " +
            $"({string.Join(", ", kernel.Parameters.Select(p => $"{p.Type} {p.Name}"))}), but {count} were given.");

    /// <summary>An argument has another size than the kernel's parameter.</summary>
    public static FusionArgumentException ArgumentSize(KernelEntry kernel, int index, string given)
    {
        var parameter = kernel.Parameters[index];
        return new(ErrorCodes.KernelArgument, parameter.Name,
            $"Argument {index} of the kernel '{kernel.Name}', '{parameter.Name}', is {parameter.Type} of {Bytes(parameter.Size)}, but " +
            $"{given} was given. Convert it to the type of the parameter.");
    }

    /// <summary>The copy that an argument of bytes points to is gone.</summary>
    public static FusionArgumentException LostArgument(KernelEntry kernel, int index) =>
        new(ErrorCodes.KernelArgument, kernel.Parameters[index].Name,
            $"Argument {index} of the kernel '{kernel.Name}', '{kernel.Parameters[index].Name}', was made by KernelArgument.Bytes on " +
            "another thread, or so many others after it that its copy is gone. Make it for each launch, on the thread that launches.");

    /// <summary>A kernel cannot be launched in a shape.</summary>
    public static FusionArgumentException Shape(string kernel, string problem) =>
        new(ErrorCodes.LaunchShape, "shape", $"The kernel '{kernel}' cannot be launched: {problem}.");

    /// <summary>Writes a number of bytes in words.</summary>
    public static string Bytes(int count) => count == 1 ? "1 byte" : $"{count} bytes";

    private static string Unknown(string kind, string name, string? module, IReadOnlyList<string> known)
    {
        var where = module is null ? "" : $" in the module '{module}'";
        var near = NearestNames.Of(name, known);
        var hint = near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
        var more = known.Count > MaxNames ? $" and {known.Count - MaxNames} more" : "";
        var list = known.Count == 0 ? $"no {kind}" : string.Join(", ", known.Take(MaxNames)) + more;
        return $"There is no {kind} '{name}'{where}.{hint} There is: {list}.";
    }

    private static string Quoted(IReadOnlyList<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
