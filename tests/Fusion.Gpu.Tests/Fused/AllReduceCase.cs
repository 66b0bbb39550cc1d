using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Fused;

/// <summary>Inputs of an all-reduce in host memory, and what the reference makes of them. The residual is the same on all
/// ranks, as in a model, so the outputs are too.</summary>
internal sealed class AllReduceCase
{
    public const float Epsilon = 1e-6f;

    private readonly byte[] sum;
    private (Epilogue Epilogue, Dictionary<string, byte[]> Outputs)? last;

    public AllReduceCase(ElementType type, int ranks, int hidden, int tokens, int seed, Func<Random, int, float[]>? numbers = null)
    {
        numbers ??= Numbers.Random;
        var random = new Random(seed);
        (Type, Hidden, Tokens) = (type, hidden, tokens);
        Inputs = [.. Enumerable.Range(0, ranks).Select(_ => Numbers.Bytes(type, numbers(random, tokens * hidden)))];
        Residual = Numbers.Bytes(type, numbers(random, tokens * hidden));
        Gamma = Numbers.Bytes(type, Numbers.Random(random, hidden));
        Beta = Numbers.Bytes(type, Numbers.Random(random, hidden));
        sum = new byte[Residual.Length];
        Reduce();
    }

    public ElementType Type { get; }

    public int Hidden { get; }

    public int Tokens { get; }

    public byte[][] Inputs { get; }

    public byte[] Residual { get; }

    public byte[] Gamma { get; }

    public byte[] Beta { get; }

    /// <summary>Scale of static FP8 and global scale of NVFP4.</summary>
    public static float ScaleOf(Epilogue epilogue) => EveryQuantization.RowOf(epilogue.Quantization.Kind) is { Block: > 0 } ? 37.5f : 0.03f;

    /// <summary>All outputs of a call by name, as the reference computes them. The last epilogue's are kept.</summary>
    public Dictionary<string, byte[]> Expected(Epilogue epilogue)
    {
        if (last is { } kept && kept.Epilogue == epilogue) return kept.Outputs;
        using var pins = new Pins();
        var outputs = new Dictionary<string, byte[]>();
        // One rank whose input is the sum: the rest of the contract.
        var call = Call(epilogue, pins.Address(sum), pins.Address(Residual), pins.Address(Gamma), pins.Address(Beta),
            pins.Address(BitConverter.GetBytes(ScaleOf(epilogue))),
            (name, bytes) => pins.Address(outputs[name] = new byte[bytes]));
        AllReduceReference.Run(Type, [call]);
        last = (epilogue, outputs);
        return outputs;
    }

    /// <summary>A call with all outputs that make sense.</summary>
    /// <param name="epilogue">What follows the sum.</param>
    /// <param name="input">Address of the input.</param>
    /// <param name="residual">Address of the residual.</param>
    /// <param name="gamma">Address of the weights.</param>
    /// <param name="beta">Address of what LayerNorm adds.</param>
    /// <param name="scale">Address of the scale.</param>
    /// <param name="output">Gives the address of an output of so many bytes.</param>
    public AllReduceCall Call(
        Epilogue epilogue, ulong input, ulong residual, ulong gamma, ulong beta, ulong scale, Func<string, long, ulong> output)
    {
        var quantization = epilogue.Quantization;
        var isScaled = EveryQuantization.RowOf(quantization.Kind) is { TakesScale: true };
        var codes = quantization.Kind == QuantizationKind.None ? ElementType.Float8E4M3 : ScaleLayouts.CodeType(quantization);
        return new()
        {
            Input = Matrix(input),
            Residual = epilogue.HasResidual ? Matrix(residual) : null,
            Norm = new()
            {
                Kind = epilogue.Norm,
                Epsilon = Epsilon,
                WeightBias = epilogue.WeightBias,
                Gamma = epilogue.Norm == NormKind.None ? null : DeviceTensor.Vector(gamma, Type, Hidden),
                Beta = epilogue.Norm == NormKind.Layer && epilogue.HasBeta ? DeviceTensor.Vector(beta, Type, Hidden) : null,
            },
            Quantization = quantization with
            {
                Scale = isScaled ? DeviceTensor.Vector(scale, ElementType.Float32, 1) : null,
            },
            AllReduceOut = Output(nameof(AllReduceCall.AllReduceOut), Matrix(0)),
            ResidualOut = epilogue.HasResidual ? Output(nameof(AllReduceCall.ResidualOut), Matrix(0)) : null,
            NormOut = epilogue.Norm != NormKind.None ? Output(nameof(AllReduceCall.NormOut), Matrix(0)) : null,
            QuantOut = quantization.Kind == QuantizationKind.None
                ? null
                : Output(nameof(AllReduceCall.QuantOut), new DeviceTensor(0, codes, Tokens, Hidden)),
            ScaleOut = ScaleLayouts.ScaleType(quantization) is { } scaleType
                ? Output(nameof(AllReduceCall.ScaleOut),
                    DeviceTensor.Vector(0, scaleType, ScaleLayouts.Count(quantization, Tokens, Hidden)))
                : null,
        };

        DeviceTensor Matrix(ulong address) => new(address, Type, Tokens, Hidden);

        DeviceTensor Output(string name, DeviceTensor tensor) => tensor with { Address = output(name, tensor.Bytes) };
    }

    /// <summary>After a change of the inputs.</summary>
    public AllReduceCase WithSumOfInputs()
    {
        Reduce();
        return this;
    }

    private void Reduce()
    {
        using var pins = new Pins();
        var calls = Inputs.Select(input => new AllReduceCall
        {
            Input = new(pins.Address(input), Type, Tokens, Hidden),
            AllReduceOut = new(pins.Address(input == Inputs[0] ? sum : new byte[sum.Length]), Type, Tokens, Hidden),
        }).ToArray();
        AllReduceReference.Run(Type, calls);
        last = null;
    }

    /// <summary>Arrays that stay where they are while their addresses are used.</summary>
    private sealed class Pins : IDisposable
    {
        private readonly List<GCHandle> handles = [];

        public ulong Address(byte[] array)
        {
            var handle = GCHandle.Alloc(array, GCHandleType.Pinned);
            handles.Add(handle);
            return (ulong)handle.AddrOfPinnedObject();
        }

        public void Dispose() => handles.ForEach(handle => handle.Free());
    }
}
