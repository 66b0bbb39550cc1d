namespace Fusion.Runtime.Tests;

/// <summary>A run of <see cref="AllReduceReference"/> over tensors of its own.</summary>
internal static class ReferenceRun
{
    /// <summary>Runs and gives each rank's outputs. Checks that nothing else was written.</summary>
    public static RankOutputs[] Of(AllReduceShape shape, AllReduceInputs inputs, bool inPlace = false)
    {
        using var tensors = new TensorSet();
        var calls = new AllReduceCall[inputs.Ranks.Length];
        for (var rank = 0; rank < calls.Length; rank++) calls[rank] = Call(shape, inputs, rank, inPlace, tensors);
        AllReduceReference.Run(shape.Type, calls);
        tensors.AssertGuards();
        return [.. calls.Select(call => new RankOutputs(
            tensors.Read(call.AllReduceOut), tensors.Read(call.ResidualOut), tensors.Read(call.NormOut),
            tensors.Bytes(call.QuantOut), tensors.Bytes(call.ScaleOut)))];
    }

    private static AllReduceCall Call(
        AllReduceShape shape, AllReduceInputs inputs, int rank, bool inPlace, TensorSet tensors)
    {
        var (tokens, hidden) = (inputs.Ranks[rank].Length, shape.Hidden);
        var input = tensors.New(shape.Type, inputs.Ranks[rank]);
        DeviceTensor? residual = inputs.Residual is { } rows ? tensors.New(shape.Type, rows) : null;
        var quantization = Quantization(shape, tensors);
        var scales = ScaleLayouts.Count(quantization, tokens, hidden);
        return new AllReduceCall
        {
            Input = input,
            Residual = residual,
            Norm = Norm(shape, inputs, tensors),
            Quantization = quantization,
            // In place, each input can take one output; the sum is not kept then.
            AllReduceOut = inPlace ? null : tensors.New(shape.Type, tokens, hidden),
            ResidualOut = inPlace && residual is { } r ? r : tensors.New(shape.Type, tokens, hidden),
            NormOut = inPlace ? input : tensors.New(shape.Type, tokens, hidden),
            QuantOut = quantization.Kind == QuantizationKind.None
                ? null : tensors.New(ScaleLayouts.CodeType(quantization), tokens, hidden),
            ScaleOut = ScaleLayouts.ScaleType(quantization) is { } type ? tensors.New(type, 1, scales) : null,
        };
    }

    private static Normalization Norm(AllReduceShape shape, AllReduceInputs inputs, TensorSet tensors) =>
        shape.Norm == NormKind.None ? default : new()
        {
            Kind = shape.Norm,
            Gamma = tensors.New(shape.Type, [inputs.Gamma]),
            Beta = shape.Norm == NormKind.Layer && inputs.Beta is { } beta ? tensors.New(shape.Type, [beta]) : null,
            Epsilon = shape.Epsilon,
            WeightBias = shape.WeightBias,
        };

    private static Quantization Quantization(AllReduceShape shape, TensorSet tensors) => new()
    {
        Kind = shape.Quantization,
        Scale = EveryQuantization.RowOf(shape.Quantization) is { TakesScale: true }
            ? tensors.New(ElementType.Float32, [[shape.GivenScale]])
            : null,
        GroupSize = shape.Group,
        GroupScaleType = shape.GroupScale,
        Layout = shape.Layout,
    };

    private sealed class TensorSet : IDisposable
    {
        private readonly List<HostTensor> tensors = [];

        public DeviceTensor New(ElementType type, long rows, long columns) => Keep(new(type, rows, columns));

        public DeviceTensor New(ElementType type, float[][] rows) => Keep(new(type, rows));

        public float[][]? Read(DeviceTensor? tensor) => Find(tensor)?.Read();

        public byte[]? Bytes(DeviceTensor? tensor) => Find(tensor)?.Bytes.ToArray();

        public void AssertGuards() => tensors.ForEach(tensor => tensor.AssertGuards());

        public void Dispose() => tensors.ForEach(tensor => tensor.Dispose());

        private DeviceTensor Keep(HostTensor tensor)
        {
            tensors.Add(tensor);
            return tensor.Tensor;
        }

        private HostTensor? Find(DeviceTensor? tensor) => tensors.Find(t => t.Tensor == tensor);
    }
}
