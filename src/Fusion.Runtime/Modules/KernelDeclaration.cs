using System.ComponentModel;

namespace Fusion.Runtime;

/// <summary>Declaration of a kernel as its generated launcher knows it from the source. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelDeclaration
{
    /// <summary>Declares a kernel.</summary>
    /// <param name="module">Name of the kernel's module, such as <c>kernels/rms_norm</c>.</param>
    /// <param name="name">Name of the kernel in the manifest: <c>math::scale</c>, or a name expression.</param>
    /// <param name="parameters">Parameters of the kernel; null if they are not known.</param>
    public KernelDeclaration(string module, string name, IReadOnlyList<DeclaredParameter>? parameters) =>
        (Module, Name, Parameters) = (module, name, parameters);

    /// <summary>Name of the kernel's module, such as <c>kernels/rms_norm</c>.</summary>
    public string Module { get; init; }

    /// <summary>Name of the kernel in the manifest: <c>math::scale</c>, or a name expression.</summary>
    public string Name { get; init; }

    /// <summary>Parameters of the kernel; null if they are not known.</summary>
    public IReadOnlyList<DeclaredParameter>? Parameters { get; init; }
}

/// <summary>Declaration of a kernel's parameter as its generated launcher knows it. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct DeclaredParameter
{
    /// <summary>Declares a parameter.</summary>
    /// <param name="name">Name of the parameter in C++.</param>
    /// <param name="type">Type of the parameter in C++.</param>
    /// <param name="size">Number of bytes that the launcher passes; 0 if it depends on the call.</param>
    public DeclaredParameter(string name, string type, int size) => (Name, Type, Size) = (name, type, size);

    /// <summary>Name of the parameter in C++.</summary>
    public string Name { get; init; }

    /// <summary>Type of the parameter in C++.</summary>
    public string Type { get; init; }

    /// <summary>Number of bytes that the launcher passes; 0 if it depends on the call.</summary>
    public int Size { get; init; }
}

/// <summary>Declaration of a variable as its generated accessor knows it from the source. For generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record VariableDeclaration
{
    /// <summary>Declares a variable.</summary>
    /// <param name="module">Name of the variable's module.</param>
    /// <param name="name">Name of the variable with its namespaces.</param>
    /// <param name="type">Type of the variable in C++: <c>float[256]</c>.</param>
    /// <param name="elementSize">Size of an element in bytes.</param>
    /// <param name="count">Number of elements; 0 if the source does not say it in digits.</param>
    public VariableDeclaration(string module, string name, string type, int elementSize, long count) =>
        (Module, Name, Type, ElementSize, Count) = (module, name, type, elementSize, count);

    /// <summary>Name of the variable's module.</summary>
    public string Module { get; init; }

    /// <summary>Name of the variable with its namespaces.</summary>
    public string Name { get; init; }

    /// <summary>Type of the variable in C++: <c>float[256]</c>.</summary>
    public string Type { get; init; }

    /// <summary>Size of an element in bytes.</summary>
    public int ElementSize { get; init; }

    /// <summary>Number of elements; 0 if the source does not say it in digits.</summary>
    public long Count { get; init; }
}
