using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A kernel library has no kernel of the name that was asked for.</summary>
public sealed class KernelNotFoundException : FusionException
{
    private const int MaxNames = 20;

    internal KernelNotFoundException(string name, string? module, IReadOnlyList<string> known)
        : base(ErrorCodes.KernelNotFound, Describe(name, module, known)) => Name = name;

    /// <summary>Name that was asked for.</summary>
    public string Name { get; }

    private static string Describe(string name, string? module, IReadOnlyList<string> known)
    {
        var where = module is null ? "" : $" in the module '{module}'";
        var near = NearestNames.Of(name, known);
        var hint = near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
        var more = known.Count > MaxNames ? $" and {known.Count - MaxNames} more" : "";
        var list = known.Count == 0 ? "no kernel" : string.Join(", ", known.Take(MaxNames)) + more;
        return $"There is no kernel '{name}'{where}.{hint} There is: {list}. Templates need their instantiations in the " +
            "NameExpressions of the .cu file.";
    }
}
