using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A library has no kernel of the name that was asked for.</summary>
public sealed class KernelNotFoundException : FusionException
{
    private const int MostNames = 20;

    internal KernelNotFoundException(string name, string? module, IReadOnlyList<string> there)
        : base(ErrorCodes.KernelNotFound, Describe(name, module, there)) => Name = name;

    /// <summary>The name asked for.</summary>
    public string Name { get; }

    private static string Describe(string name, string? module, IReadOnlyList<string> there)
    {
        var where = module is null ? "" : $" in the module '{module}'";
        var near = NearestNames.Of(name, there);
        var hint = near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
        var more = there.Count > MostNames ? $" and {there.Count - MostNames} more" : "";
        var list = there.Count == 0 ? "no kernel" : string.Join(", ", there.Take(MostNames)) + more;
        return $"There is no kernel '{name}'{where}.{hint} There is: {list}. Templates need their instantiations in the " +
            "NameExpressions of the .cu file.";
    }
}
