using System.ComponentModel;

namespace Fusion.Runtime;

/// <summary>Declaration of a kernel as its generated launcher knows it from the source. For generated code.</summary>
/// <param name="Module">Name of the kernel's module, such as <c>kernels/rms_norm</c>.</param>
/// <param name="Name">Name of the kernel in the manifest: <c>math::scale</c>, or a name expression.</param>
/// <param name="Parameters">Parameters of the kernel; null if they are not known.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelDeclaration(string Module, string Name, IReadOnlyList<DeclaredParameter>? Parameters);

/// <summary>Declaration of a kernel's parameter as its generated launcher knows it. For generated code.</summary>
/// <param name="Name">Name of the parameter in C++.</param>
/// <param name="Type">Type of the parameter in C++.</param>
/// <param name="Size">Number of bytes that the launcher passes; 0 if it depends on the call.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct DeclaredParameter(string Name, string Type, int Size);

/// <summary>Declaration of a variable as its generated accessor knows it from the source. For generated code.</summary>
/// <param name="Module">Name of the variable's module.</param>
/// <param name="Name">Name of the variable with its namespaces.</param>
/// <param name="Type">Type of the variable in C++: <c>float[256]</c>.</param>
/// <param name="ElementSize">Size of an element in bytes.</param>
/// <param name="Count">Number of elements; 0 if the source does not say it in digits.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record VariableDeclaration(string Module, string Name, string Type, int ElementSize, long Count);
