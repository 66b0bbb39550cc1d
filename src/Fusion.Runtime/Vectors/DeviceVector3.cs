using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A vector of three elements as kernels have it: <c>int3</c>, <c>uint3</c>, <c>dim3</c>. The elements follow each other without gaps, as on the
/// GPU; <c>float3</c> is <see cref="System.Numerics.Vector3"/>.</summary>
/// <typeparam name="T">Type of an element.</typeparam>
/// <param name="X">The first element.</param>
/// <param name="Y">The second element.</param>
/// <param name="Z">The third element.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DeviceVector3<T>(T X, T Y, T Z)
    where T : unmanaged;
