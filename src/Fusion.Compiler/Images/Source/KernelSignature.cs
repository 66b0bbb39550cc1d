namespace Fusion.Compiler.Images;

/// <summary>A <c>__global__</c> function as the source declares it.</summary>
/// <param name="Name">Name with its namespaces: <c>math::scale</c>; anonymous namespaces are left out.</param>
/// <param name="Parameters">Parameters, in order.</param>
/// <param name="IsTemplate">Whether it is a template.</param>
internal sealed record KernelSignature(string Name, IReadOnlyList<SignatureParameter> Parameters, bool IsTemplate)
{
    /// <summary>Whether a body follows.</summary>
    public bool IsDefinition { get; init; }

    /// <summary>Where its declaration starts in the text, <c>template</c> and attributes included.</summary>
    public int Start { get; init; }

    /// <summary>Where the comments above it may start: behind the token before it.</summary>
    public int CommentStart { get; init; }

    /// <summary>The template's parameters; empty if it is none.</summary>
    public IReadOnlyList<TemplateParameter> TemplateParameters { get; init; } = [];

    /// <summary>What <c>__launch_bounds__</c> says; null without.</summary>
    public string? LaunchBounds { get; init; }

    /// <summary>What <c>__cluster_dims__</c> says; null without.</summary>
    public string? ClusterSize { get; init; }

    /// <summary>Whether parentheses follow those of its parameters: then what was taken for the function is a macro.</summary>
    public bool IsMacroCall { get; init; }

    /// <summary>Whether some of its parameters depend on an <c>#if</c>.</summary>
    public bool IsConditional { get; init; }

    /// <summary>Whether the declaration stands between an <c>#if</c> and its end, so that it may be left out.</summary>
    public bool MayBeLeftOut { get; init; }

    /// <summary>What all declarations of one function have in common.</summary>
    public string Function => $"{(IsTemplate ? "template " : "")}{Name}({string.Join('\n', Parameters.Select(p => p.Type))})";
}

/// <summary>A parameter as the source declares it.</summary>
/// <param name="Name">Name; <c>arg0</c>, <c>arg1</c> … if it has none.</param>
/// <param name="Type">The type in one spelling: <c>const float*</c>.</param>
/// <param name="Start">Where it starts in the text.</param>
internal readonly record struct SignatureParameter(string Name, string Type, int Start = 0);

/// <summary>A parameter of a template.</summary>
/// <param name="Name">Name; empty if it has none.</param>
/// <param name="Default">The tokens of its default; empty without.</param>
/// <param name="IsPack">Whether it stands for any number of arguments.</param>
internal sealed record TemplateParameter(string Name, IReadOnlyList<CppToken> Default, bool IsPack)
{
    /// <summary>Whether it stands for a type.</summary>
    public bool IsType { get; init; }
}
