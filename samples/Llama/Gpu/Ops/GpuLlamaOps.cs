using Fusion.CublasLt;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu.Steps;
using Llama.Model;
using Llama.Model.Graph;
using Llama.Model.Safetensors;

namespace Llama.Gpu.Ops;

/// <summary>The model's own ops for ranks on GPUs. Grids depend on the number of rows alone, and all else of a step is read from memory
/// whose address does not change, so that the ops can be recorded as CUDA graphs.</summary>
public sealed class GpuLlamaOps : LlamaOps, IDisposable
{
    private const int Block = 256;
    private const int PrefillBlock = 128;
    private const int TurnBlock = 512;

    private readonly ModelConfig config;
    private readonly int ranks;
    private readonly ElementType type;
    // Null for ranks of other processes.
    private readonly RankState?[] states;
    private readonly WarpgroupMaps maps = new();

    /// <summary>Loads the kernels and allocates the cache of each rank.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="group">Group of ranks on GPUs.</param>
    /// <param name="layout">What a step is made of.</param>
    /// <param name="pages">Number of pages of the cache.</param>
    /// <exception cref="ArgumentException">There are no kernels for the model's sizes.</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    internal GpuLlamaOps(ModelConfig config, RankGroup group, StepLayout layout, int pages)
    {
        (this.config, ranks, type, Layout) = (config, group.WorldSize, TensorDataTypes.ElementOf(config.Type), layout);
        config.ThrowUnlessDivisible(ranks);
        ThrowUnlessWhole("hidden_size", config.Hidden);
        ThrowUnlessWhole($"intermediate_size over {ranks} ranks", config.Intermediate / ranks);
        ThrowUnlessWhole($"vocab_size over {ranks} ranks", config.Vocabulary / ranks);
        states = new RankState?[ranks];
        try
        {
            foreach (var rank in group.LocalRanks)
            {
                var context = rank.Context ?? throw new ArgumentException($"{rank} is not on a GPU.", nameof(group));
                states[rank.Index] = new(rank, config, ranks, layout, pages, new(context, type, config.HeadSize, config.Heads / config.KeyValueHeads));
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        States = [.. states.OfType<RankState>()];
    }

    /// <inheritdoc/>
    public override bool TakesMergedProjections => true;

    /// <inheritdoc/>
    public override bool NormsHeads => true;

    /// <inheritdoc/>
    public override bool FusesQuantization => true;

    /// <summary>Size of each rank's cache of keys and values, in bytes.</summary>
    public long CacheBytes => States[0].CacheBytes;

    internal StepLayout Layout { get; }

    /// <summary>What this process's ranks have, in their order.</summary>
    internal IReadOnlyList<RankState> States { get; }

    /// <summary>What is called before each op is launched, with its name and rank; null for nothing. For tests.</summary>
    internal Action<string, int>? Before { get; set; }

    /// <summary>Frees the caches. No op may run.</summary>
    public void Dispose() => Array.ForEach(states, state => state?.Dispose());

    /// <inheritdoc/>
    protected override void Embed(CustomLaunch launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        Before?.Invoke(launch.Op, launch.Rank.Index);
        var (tokens, table, y) = (launch.Inputs[0], launch.Inputs[1], launch.Outputs[0]);
        Kernels.EmbedTokens.Launch(
            launch.Stream!, new((int)y.Rows, Block), new(tokens.Address), new(table.Address), new(y.Address),
            checked((int)(launch.Rank.Index * table.Rows)), (int)table.Rows, (int)(y.Columns * sizeof(ushort) / 16));
    }

    /// <inheritdoc/>
    protected override void Gate(CustomLaunch launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        Before?.Invoke(launch.Op, launch.Rank.Index);
        var (gate, y) = (launch.Inputs[0], launch.Outputs[0]);
        var isFp8 = y.Type == ElementType.Float8E4M3;
        // Side by side in one tensor, or in two.
        var up = launch.Inputs.Count == (isFp8 ? 2 : 1) ? gate.Address + (ulong)(y.Columns * sizeof(ushort)) : launch.Inputs[1].Address;
        var shape = new LaunchShape((int)Math.Clamp((y.Count / 8 + Block - 1) / Block, 1, 1 << 16), Block) { ProgrammaticLaunch = true };
        var (stream, columns) = (launch.Stream!, (int)y.Columns);
        if (isFp8)
        {
            DevicePointer<float> scale = new(launch.Inputs[^1].Address);
            if (type == ElementType.BFloat16) Kernels.SwigluBf16Fp8.Launch(stream, shape, new(gate.Address), new(up), scale, new(y.Address), gate.Columns, y.Rows, columns);
            else Kernels.SwigluF16Fp8.Launch(stream, shape, new(gate.Address), new(up), scale, new(y.Address), gate.Columns, y.Rows, columns);
        }
        else if (type == ElementType.BFloat16) Kernels.SwigluBf16.Launch(stream, shape, new(gate.Address), new(up), new(y.Address), gate.Columns, y.Rows, columns);
        else Kernels.SwigluF16.Launch(stream, shape, new(gate.Address), new(up), new(y.Address), gate.Columns, y.Rows, columns);
    }

    /// <inheritdoc/>
    protected override bool GateWithMatmul(CustomLaunch launch, MatmulCall matmul)
    {
        ArgumentNullException.ThrowIfNull(launch);
        if (!GatedMatmul.TryLaunch(launch, matmul, maps)) return false;
        Before?.Invoke(launch.Op, launch.Rank.Index);
        return true;
    }

    /// <inheritdoc/>
    protected override void Attend(CustomLaunch launch, int layer)
    {
        ArgumentNullException.ThrowIfNull(launch);
        Before?.Invoke(launch.Op, launch.Rank.Index);
        var state = states[launch.Rank.Index]!;
        var call = new AttentionCall(launch, Layout, state, layer)
        {
            Heads = config.Heads / ranks,
            KeyValueHeads = config.KeyValueHeads / ranks,
            HeadSize = config.HeadSize,
            Epsilon = config.Epsilon,
        };
        call.TurnAndAppend(type, TurnBlock);
        call.Decode();
        // Steps of decode alone have no more rows than there may be sequences, and all other steps have more.
        if (launch.Tokens > Layout.MaxSequences) call.Prefill(PrefillBlock);
    }

    private void ThrowUnlessWhole(string name, int size)
    {
        if (size % 8 == 0) return;
        throw new ArgumentException($"{name} is {size}; kernels of {AttentionKernels.WordOf(type)} need a multiple of 8, so that rows are multiples of 16 bytes.");
    }
}
