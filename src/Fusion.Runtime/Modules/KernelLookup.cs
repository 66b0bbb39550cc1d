namespace Fusion.Runtime;

/// <summary>Finds a kernel by module and name.</summary>
internal static class KernelLookup
{
    /// <param name="items">All kernels.</param>
    /// <param name="key">Function that gets module and name of a kernel.</param>
    /// <param name="module">The module to look in; null for all.</param>
    /// <param name="name">Name of the kernel.</param>
    /// <exception cref="FusionArgumentException">There is no such kernel.</exception>
    /// <exception cref="FusionArgumentException">There are several such kernels.</exception>
    public static T Find<T>(
        IReadOnlyList<T> items, Func<T, (string Module, string Name)> key, string? module, string name)
    {
        var found = items.Where(i => key(i).Name == name && (module is null || key(i).Module == module)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw KernelErrors.UnknownKernel(name, module, Names(items.Select(key), module)),
            _ => throw KernelErrors.AmbiguousKernel(name, [.. found.Select(i => key(i).Module)]),
        };
    }

    // Names come with their modules where the module itself may be the mistake.
    private static List<string> Names(IEnumerable<(string Module, string Name)> all, string? module)
    {
        var inModule = all.Where(k => module is null || k.Module == module).Select(k => k.Name).ToList();
        return inModule.Count > 0 ? inModule : [.. all.Select(k => $"{k.Module}: {k.Name}")];
    }
}
