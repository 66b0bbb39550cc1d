namespace Fusion.Runtime;

/// <summary>Maps .NET's types to the element types of tensors.</summary>
internal static class TensorElements
{
    public static ElementType? TypeOf<T>() =>
        typeof(T) == typeof(BFloat16) ? ElementType.BFloat16
        : typeof(T) == typeof(Half) ? ElementType.Float16
        : typeof(T) == typeof(float) ? ElementType.Float32
        : typeof(T) == typeof(Float8E4M3) ? ElementType.Float8E4M3
        : typeof(T) == typeof(Float8UE8M0) ? ElementType.Float8UE8M0
        : typeof(T) == typeof(int) ? ElementType.Int32
        : null;
}
