using System.Numerics;

namespace Fusion.Runtime;

/// <summary>Conversions between vectors as kernels have them and those of <see cref="System.Numerics"/>, whose elements are floats.</summary>
public static class DeviceVectorConversions
{
    /// <summary>Converts each element to a float, the nearest one.</summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <param name="vector">The vector.</param>
    public static Vector2 ToVector2<T>(this DeviceVector2<T> vector)
        where T : unmanaged, INumberBase<T> => new(float.CreateTruncating(vector.X), float.CreateTruncating(vector.Y));

    /// <inheritdoc cref="ToVector2{T}"/>
    public static Vector3 ToVector3<T>(this DeviceVector3<T> vector)
        where T : unmanaged, INumberBase<T> =>
        new(float.CreateTruncating(vector.X), float.CreateTruncating(vector.Y), float.CreateTruncating(vector.Z));

    /// <inheritdoc cref="ToVector2{T}"/>
    public static Vector4 ToVector4<T>(this DeviceVector4<T> vector)
        where T : unmanaged, INumberBase<T> => new(
            float.CreateTruncating(vector.X), float.CreateTruncating(vector.Y), float.CreateTruncating(vector.Z), float.CreateTruncating(vector.W));

    /// <summary>Converts each element to a float, which holds it exactly.</summary>
    /// <param name="vector">The vector.</param>
    public static Vector2 ToVector2(this DeviceVector2<BFloat16> vector) => new((float)vector.X, (float)vector.Y);

    /// <summary>Converts each element to a whole number or another type of floating point. What lies beyond the type becomes its nearest value,
    /// and the rest behind the point of a whole number goes.</summary>
    /// <typeparam name="T">Type of an element.</typeparam>
    /// <param name="vector">The vector.</param>
    public static DeviceVector2<T> ToDeviceVector<T>(this Vector2 vector)
        where T : unmanaged, INumberBase<T> => new(T.CreateSaturating(vector.X), T.CreateSaturating(vector.Y));

    /// <inheritdoc cref="ToDeviceVector{T}(Vector2)"/>
    public static DeviceVector3<T> ToDeviceVector<T>(this Vector3 vector)
        where T : unmanaged, INumberBase<T> =>
        new(T.CreateSaturating(vector.X), T.CreateSaturating(vector.Y), T.CreateSaturating(vector.Z));

    /// <inheritdoc cref="ToDeviceVector{T}(Vector2)"/>
    public static DeviceVector4<T> ToDeviceVector<T>(this Vector4 vector)
        where T : unmanaged, INumberBase<T> =>
        new(T.CreateSaturating(vector.X), T.CreateSaturating(vector.Y), T.CreateSaturating(vector.Z), T.CreateSaturating(vector.W));
}
