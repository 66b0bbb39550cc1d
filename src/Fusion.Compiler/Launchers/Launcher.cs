using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>What is written for a kernel.</summary>
internal sealed record Launcher
{
    /// <summary>Name of the kernel's module: <c>kernels/rms_norm</c>.</summary>
    public required string Module { get; init; }

    /// <summary>Name of the kernel as the manifest has it: <c>math::scale</c>, or the name expression of an instantiation.</summary>
    public required string Kernel { get; init; }

    /// <summary>Name of the kernel without template arguments: <c>math::scale</c>.</summary>
    public required string QualifiedName { get; init; }

    /// <summary>The arguments of an instantiation; empty without.</summary>
    public string TemplateArguments { get; init; } = "";

    /// <summary>Whether an <c>#if</c> may leave the kernel out.</summary>
    public bool MayBeLeftOut { get; init; }

    /// <summary>Parameters of the kernel; null if they are unknown.</summary>
    public IReadOnlyList<LauncherParameter>? Parameters { get; init; }

    /// <summary>What the comment above it says.</summary>
    public KernelComment Comment { get; init; } = KernelComment.None;

    /// <summary>What <c>__launch_bounds__</c> says; null without.</summary>
    public string? LaunchBounds { get; init; }

    /// <summary>What <c>__cluster_dims__</c> says; null without.</summary>
    public string? ClusterSize { get; init; }

    /// <summary>What it has in common with the other instantiations of its template; null if there is no generic class for them.</summary>
    public GenericPart? Generic { get; init; }

    /// <summary>Name of the C# class.</summary>
    public string ClassName { get; init; } = "";
}

/// <summary>A parameter of a launcher.</summary>
/// <param name="Name">Name in C++.</param>
/// <param name="Type">Type in C++.</param>
/// <param name="CSharp">How the launcher takes it.</param>
internal sealed record LauncherParameter(string Name, string Type, LauncherType CSharp);

/// <summary>What is written for a variable.</summary>
internal sealed record LauncherVariable
{
    /// <summary>Name of the variable's module: <c>kernels/rms_norm</c>.</summary>
    public required string Module { get; init; }

    /// <summary>The variable as the source declares it.</summary>
    public required SourceVariable Source { get; init; }

    /// <summary>How C# knows an element.</summary>
    public required LauncherType Element { get; init; }

    /// <summary>What the comment above it says.</summary>
    public required KernelComment Comment { get; init; }

    /// <summary>Name of the C# property.</summary>
    public string PropertyName { get; init; } = "";
}
