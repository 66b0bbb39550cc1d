using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu.Steps;

namespace Llama.Gpu.Ops;

/// <summary>The kernels of one layer's attention in a step, for a rank.</summary>
internal readonly struct AttentionCall(CustomLaunch launch, StepLayout layout, RankState state, int layer)
{
    private readonly GpuStream stream = launch.Stream!;
    private readonly bool isFp8 = launch.Outputs[0].Type == ElementType.Float8E4M3;

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    /// <summary>What is added to the mean of a head's squares, where heads are normed.</summary>
    public required float Epsilon { get; init; }

    // Behind positions and sequences there may be the scale of the result's codes.
    private int Last => launch.Inputs.Count - (isFp8 ? 2 : 1);

    private bool IsMerged => launch.Inputs[0].Columns == (Heads + (2 * KeyValueHeads)) * HeadSize;

    // In the merged form, weights of heads may lie between.
    private bool NormsHeads => IsMerged && Last == 4;

    private DevicePointer<int> Positions => new(launch.Inputs[Last - 1].Address);

    private DevicePointer<int> Sequences => new(launch.Inputs[Last].Address);

    private DevicePointer<float> Codes => new(isFp8 ? launch.Inputs[^1].Address : 0);

    private DevicePointer<byte> Result => new(launch.Outputs[0].Address);

    private DevicePointer<int> Tables => state.Step.Pointer + layout.Tables;

    // Powers of two are what chips have instructions for.
    private float Scale => (float)(Math.Log2(Math.E) / Math.Sqrt(HeadSize));

    /// <summary>Turns queries and keys by their positions, and puts keys and values into the cache.</summary>
    public void TurnAndAppend(ElementType type, int block)
    {
        var q = launch.Inputs[0];
        var (k, v) = IsMerged ? (q, q) : (launch.Inputs[1], launch.Inputs[2]);
        var (queryNorm, keyNorm) = NormsHeads ? (Pointer(launch.Inputs[1].Address), Pointer(launch.Inputs[2].Address)) : default;
        var (ofQueries, ofKeys) = (IsMerged ? (ulong)(Heads * HeadSize * sizeof(ushort)) : 0, IsMerged ? (ulong)(KeyValueHeads * HeadSize * sizeof(ushort)) : 0);
        var shape = new LaunchShape(launch.Tokens, Math.Min(block, ((Heads + (2 * KeyValueHeads)) * HeadSize / 16 + 31) / 32 * 32)) { ProgrammaticLaunch = true };
        var kernel = Kernels.Load(stream.Context).GetKernel(type == ElementType.BFloat16 ? "rope_append_bf16" : "rope_append_f16");
        kernel.Launch(
            stream, shape, Pointer(q.Address), Pointer(k.Address + ofQueries), Pointer(v.Address + ofQueries + ofKeys), q.Columns, k.Columns, v.Columns,
            queryNorm, keyNorm, Epsilon, state.Turned, Result, Codes, state.KeysOf(layer), state.ValuesOf(layer), state.Angles, Positions, Sequences, Tables, layout.PagesPerSequence,
            Heads, KeyValueHeads, HeadSize);
    }

    /// <summary>Attends from the rows that are alone in their sequence's part.</summary>
    public void Decode() => state.Attention.Decode.Launch(
        stream, state.Attention.DecodeShape(Math.Min(launch.Tokens, layout.MaxSequences), KeyValueHeads), state.Turned, Result, Codes,
        state.KeysOf(layer), state.ValuesOf(layer), Positions, Sequences, state.Step.Pointer + StepLayout.Decodes, Tables,
        layout.PagesPerSequence, Heads, KeyValueHeads, Scale);

    /// <summary>Attends from the other rows.</summary>
    public void Prefill(int block) => state.Attention.Prefill.Launch(
        stream, new(new Dim3(Heads, layout.TilesOf(launch.Tokens)), block), state.Turned, Result, Codes, state.KeysOf(layer), state.ValuesOf(layer), Positions,
        state.Step.Pointer + StepLayout.Tiles, Tables, layout.PagesPerSequence, Heads, KeyValueHeads, Scale);

    private static DevicePointer<byte> Pointer(ulong address) => new(address);
}
