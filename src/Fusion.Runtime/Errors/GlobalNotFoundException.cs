using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A kernel library has no variable of the name that was asked for, or several.</summary>
public sealed class GlobalNotFoundException : FusionException
{
    private const int MaxNames = 20;

    private GlobalNotFoundException(string message, string name)
        : base(ErrorCodes.GlobalNotFound, message) => Name = name;

    /// <summary>Name that was asked for.</summary>
    public string Name { get; }

    internal static GlobalNotFoundException ForUnknown(string name, string? module, IReadOnlyList<string> known)
    {
        var where = module is null ? "" : $" in the module '{module}'";
        var near = NearestNames.Of(name, known);
        var hint = near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
        var more = known.Count > MaxNames ? $" and {known.Count - MaxNames} more" : "";
        var list = known.Count == 0 ? "no variable" : string.Join(", ", known.Take(MaxNames)) + more;
        return new(
            $"There is no variable '{name}'{where}.{hint} There is: {list}. Expected a __constant__ or __device__ variable outside of " +
            "functions, with its namespaces: math::table.",
            name);
    }

    internal static GlobalNotFoundException ForSeveral(string name, IReadOnlyList<string> modules) => new(
        $"The modules {string.Join(", ", modules.Select(m => $"'{m}'"))} have a variable '{name}' each. Say which: " +
        $"GetGlobal<T>(\"{modules[0]}\", \"{name}\").",
        name);
}

/// <summary>The size of a variable is no whole number of the elements that were asked for.</summary>
public sealed class GlobalSizeException : FusionException
{
    internal GlobalSizeException(string name, string module, long bytes, Type type, int elementBytes)
        : base(ErrorCodes.GlobalSize,
            $"The variable '{name}' of the module '{module}' has {bytes} bytes, which is no whole number of {type.Name} with " +
            $"{KernelArgumentException.Bytes(elementBytes)}. Ask for elements of the variable's type, laid out as in C++.") =>
        Name = name;

    /// <summary>Name of the variable.</summary>
    public string Name { get; }
}
