namespace Fusion.Runtime;

/// <summary>Reads and writes rows of an operation's type as floats. Between the steps of the operation, a row's floats are
/// representable in the type.</summary>
internal abstract class RowFormat
{
    /// <summary>Gets the format of a type: bf16, f16 or f32.</summary>
    /// <param name="type">Type of the operation.</param>
    public static RowFormat For(ElementType type) => type switch
    {
        ElementType.BFloat16 => new Rows<BFloat16, BFloat16Conversion>(),
        ElementType.Float16 => new Rows<Half, HalfConversion>(),
        ElementType.Float32 => new Rows<float, SingleConversion>(),
        _ => throw new ArgumentException($"An all-reduce of {type} does not exist; take BFloat16, Float16 or Float32."),
    };

    /// <summary>Reads a row of a tensor into floats.</summary>
    public abstract void Read(in DeviceTensor tensor, long row, Span<float> to);

    /// <summary>Adds a row of a tensor to floats, without rounding to the type.</summary>
    public abstract void AddTo(Span<float> sums, in DeviceTensor tensor, long row);

    /// <summary>Rounds floats to the type.</summary>
    public abstract void Round(Span<float> values);

    /// <summary>Writes floats that are representable in the type to a row of a tensor.</summary>
    public abstract void Write(ReadOnlySpan<float> values, in DeviceTensor tensor, long row);

    private interface IConversion<T>
    {
        static abstract float ToSingle(T value);

        static abstract T FromSingle(float value);
    }

    private sealed class Rows<T, TConversion> : RowFormat
        where T : unmanaged
        where TConversion : IConversion<T>
    {
        public override void Read(in DeviceTensor tensor, long row, Span<float> to)
        {
            var from = Row(tensor, row);
            for (var i = 0; i < to.Length; i++) to[i] = TConversion.ToSingle(from[i]);
        }

        public override void AddTo(Span<float> sums, in DeviceTensor tensor, long row)
        {
            var from = Row(tensor, row);
            for (var i = 0; i < sums.Length; i++) sums[i] += TConversion.ToSingle(from[i]);
        }

        public override void Round(Span<float> values)
        {
            for (var i = 0; i < values.Length; i++) values[i] = TConversion.ToSingle(TConversion.FromSingle(values[i]));
        }

        public override void Write(ReadOnlySpan<float> values, in DeviceTensor tensor, long row)
        {
            var to = Row(tensor, row);
            for (var i = 0; i < values.Length; i++) to[i] = TConversion.FromSingle(values[i]);
        }

        private static unsafe Span<T> Row(in DeviceTensor tensor, long row) =>
            new((T*)tensor.Address + (row * tensor.Columns), (int)tensor.Columns);
    }

    private readonly struct BFloat16Conversion : IConversion<BFloat16>
    {
        public static float ToSingle(BFloat16 value) => (float)value;

        public static BFloat16 FromSingle(float value) => (BFloat16)value;
    }

    private readonly struct HalfConversion : IConversion<Half>
    {
        public static float ToSingle(Half value) => (float)value;

        public static Half FromSingle(float value) => (Half)value;
    }

    private readonly struct SingleConversion : IConversion<float>
    {
        public static float ToSingle(float value) => value;

        public static float FromSingle(float value) => value;
    }
}
