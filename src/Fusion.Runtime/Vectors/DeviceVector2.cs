using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A vector of two elements as kernels have it: <c>int2</c>, <c>uchar2</c>, <c>half2</c>. The elements follow each other without gaps, as on the
/// GPU; <c>float2</c> is <see cref="System.Numerics.Vector2"/>.</summary>
/// <typeparam name="T">Type of an element.</typeparam>
/// <param name="X">The first element.</param>
/// <param name="Y">The second element.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DeviceVector2<T>(T X, T Y)
    where T : unmanaged;
