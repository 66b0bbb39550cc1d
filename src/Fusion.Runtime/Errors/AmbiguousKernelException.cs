namespace Fusion.Runtime;

/// <summary>Several modules have a kernel of the name that was asked for.</summary>
public sealed class AmbiguousKernelException : FusionException
{
    internal AmbiguousKernelException(string name, IReadOnlyList<string> modules)
        : base(ErrorCodes.AmbiguousKernel,
            $"The modules {string.Join(", ", modules.Select(m => $"'{m}'"))} all have a kernel '{name}'. Say which: " +
            $"GetKernel(\"{modules[0]}\", \"{name}\").") =>
        (Name, Modules) = (name, modules);

    /// <summary>Name that was asked for.</summary>
    public string Name { get; }

    /// <summary>Names of the modules that have such a kernel.</summary>
    public IReadOnlyList<string> Modules { get; }
}
