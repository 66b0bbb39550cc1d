namespace Fusion.Runtime;

/// <summary>Finds one thing by module and name.</summary>
internal static class KernelLookup
{
    /// <param name="items">All there are.</param>
    /// <param name="key">Module and name of each.</param>
    /// <param name="module">The module to look in; null for all.</param>
    /// <param name="name">The name.</param>
    /// <exception cref="KernelNotFoundException">There is none.</exception>
    /// <exception cref="AmbiguousKernelException">There are several.</exception>
    public static T Find<T>(
        IReadOnlyList<T> items, Func<T, (string Module, string Name)> key, string? module, string name)
    {
        var found = items.Where(i => key(i).Name == name && (module is null || key(i).Module == module)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new KernelNotFoundException(name, module, Names(items.Select(key), module)),
            _ => throw new AmbiguousKernelException(name, [.. found.Select(i => key(i).Module)]),
        };
    }

    // Where the module itself is wrong, its name has to be seen.
    private static List<string> Names(IEnumerable<(string Module, string Name)> all, string? module)
    {
        var inModule = all.Where(k => module is null || k.Module == module).Select(k => k.Name).ToList();
        return inModule.Count > 0 ? inModule : [.. all.Select(k => $"{k.Module}: {k.Name}")];
    }
}
