using System.ComponentModel;

namespace Fusion.Runtime;

/// <summary>A kernel as a launcher knows it, by its source alone. For code that the SDK generates.</summary>
/// <param name="Module">Name of its module, <c>kernels/rms_norm</c>.</param>
/// <param name="Name">Its name in the manifest: <c>math::scale</c>, or a name expression.</param>
/// <param name="Parameters">Its parameters; null if they are not known.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record KernelDeclaration(string Module, string Name, IReadOnlyList<DeclaredParameter>? Parameters);

/// <summary>A parameter as a launcher knows it. For code that the SDK generates.</summary>
/// <param name="Name">Its name in C++.</param>
/// <param name="Type">Its type in C++.</param>
/// <param name="Size">Bytes that the launcher gives for it; 0 if that depends on the call.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct DeclaredParameter(string Name, string Type, int Size);
