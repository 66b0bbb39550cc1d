using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A vector of four elements as kernels have it: <c>int4</c>, <c>uchar4</c>, <c>double4</c>. The elements follow each other without gaps, as on the
/// GPU; <c>float4</c> is <see cref="System.Numerics.Vector4"/>.</summary>
/// <typeparam name="T">Type of an element.</typeparam>
/// <param name="X">The first element.</param>
/// <param name="Y">The second element.</param>
/// <param name="Z">The third element.</param>
/// <param name="W">The fourth element.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DeviceVector4<T>(T X, T Y, T Z, T W)
    where T : unmanaged;
