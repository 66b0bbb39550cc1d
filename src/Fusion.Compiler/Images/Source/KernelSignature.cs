namespace Fusion.Compiler.Images;

/// <summary>A <c>__global__</c> function as the source declares it.</summary>
/// <param name="Name">Its name with its namespaces: <c>math::scale</c>; anonymous namespaces are left out.</param>
/// <param name="Parameters">Its parameters, in order.</param>
/// <param name="IsTemplate">Whether it is a template.</param>
internal sealed record KernelSignature(string Name, IReadOnlyList<SignatureParameter> Parameters, bool IsTemplate)
{
    /// <summary>Whether a body follows.</summary>
    public bool IsDefinition { get; init; }

    /// <summary>Whether another declaration is of the same function.</summary>
    /// <param name="other">The other one.</param>
    public bool IsSameFunction(KernelSignature other) =>
        Name == other.Name && IsTemplate == other.IsTemplate
        && Parameters.Select(p => p.Type).SequenceEqual(other.Parameters.Select(p => p.Type), StringComparer.Ordinal);
}

/// <summary>A parameter as the source declares it.</summary>
/// <param name="Name">Its name; <c>arg0</c>, <c>arg1</c> … if it has none.</param>
/// <param name="Type">Its type in one spelling: <c>const float*</c>.</param>
internal readonly record struct SignatureParameter(string Name, string Type);
