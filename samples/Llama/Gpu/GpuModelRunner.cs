using Fusion.Graph;
using Fusion.Runtime;
using Llama.Gpu.Ops;
using Llama.Gpu.Steps;
using Llama.Gpu.Weights;
using Llama.Model;
using Llama.Model.Graph;
using Llama.Model.Running;

namespace Llama.Gpu;

/// <summary>Does the steps of a model on ranks on GPUs: all in this process, or one of a group whose others do the same steps in
/// processes of theirs.</summary>
public sealed partial class GpuModelRunner : IModelRunner
{
    private readonly RankGroup group;
    private readonly StepLayout layout;
    private readonly RowBuckets buckets;
    private readonly NcclAllReduce? nccl;
    private readonly GpuLlamaOps ops;
    private readonly CompiledGraph body, projection;
    private readonly HeadGraph head;
    private readonly WholeLogits logits;
    private readonly RankWeights weights;
    private readonly List<IDisposable> owned = [];

    private GpuModelRunner(ModelConfig config, RankGroup group, RunnerLimits limits, GpuRunnerOptions options, IWeightSource source)
    {
        ThrowUnlessPossible(limits);
        this.group = group;
        Config = config;
        Limits = limits with { MaxContext = Math.Min(limits.MaxContext, config.Context) };
        // Room for a row more than there may be sequences, which tells that a step is not decode alone.
        layout = new(Math.Max(limits.MaxTokens, limits.MaxSequences + 1), limits.MaxSequences, Limits.MaxContext);
        buckets = new(options.Buckets, layout);
        try
        {
            ops = Own(new GpuLlamaOps(config, group, layout, limits.Pages));
            places = [Own(new StepPlace(group, layout)), Own(new StepPlace(group, layout))];
            if (options.AllReduce == AllReduceKind.Nccl) nccl = Own(new NcclAllReduce(group, options.NcclPath) { Timeout = options.Timeout });
            weights = Own(new RankWeights(group, source));
            var compile = new CompileOptions
            {
                MaxTokens = layout.MaxRows,
                Passes = PassesOf(options),
                Buckets = buckets.Body,
                Timeout = options.Timeout,
                Library = nccl,
                Matmuls = options.Matmuls,
                Matmul = options.Matmul,
                SkinnyRows = options.SkinnyRows,
                // A step is all that runs on the GPUs.
                StartsNextEarly = true,
            };
            body = Own(LlamaGraph.BuildBody(config, ops, group.WorldSize).Compile(group, compile));
            head = HeadGraph.Of(config, group.WorldSize);
            projection = Own(head.Graph.Compile(group, compile with { MaxTokens = limits.MaxSequences, Buckets = buckets.Head }));
            logits = Own(new WholeLogits(group, config.Vocabulary, options.Timeout, nccl));
            weights.Bind(body);
            weights.Bind(projection);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public RunnerLimits Limits { get; }

    /// <inheritdoc/>
    public bool RunsAside => true;

    /// <summary>What the passes did.</summary>
    public FusionReport Report => body.Report;

    /// <summary>Size of a rank's weights in bytes: what a step of decode reads.</summary>
    public long WeightBytes => weights.BytesOfRank;

    /// <summary>Size of a rank's cache of keys and values, in bytes.</summary>
    public long CacheBytes => ops.CacheBytes;

    internal GpuLlamaOps Ops => ops;

    internal CompiledGraph Body => body;

    /// <summary>Makes a runner and loads the weights of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint, which may be disposed afterwards.</param>
    /// <param name="group">Group of ranks on GPUs, to be disposed after the runner.</param>
    /// <param name="limits">How much a step and the cache hold. Pages are of 16 tokens; the context is the model's at most.</param>
    /// <param name="options">Other options; null for the defaults.</param>
    /// <param name="progress">What is told how many bytes of weights were loaded so far, of all ranks; null for nobody.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes, a limit is wrong, or there are no kernels for the
    /// model's sizes.</exception>
    /// <exception cref="CheckpointException">A scale is no number above 0.</exception>
    /// <exception cref="FusionException">There is not enough memory, or no cuBLASLt or NCCL where it is needed.</exception>
    public static GpuModelRunner Load(
        Checkpoint checkpoint, RankGroup group, RunnerLimits limits, GpuRunnerOptions? options = null, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(group);
        checkpoint.Config.ThrowUnlessDivisible(group.WorldSize);
        using var source = new CheckpointWeights(checkpoint, group.WorldSize, progress);
        return new(checkpoint.Config, group, limits, options ?? new(), source);
    }

    /// <summary>Makes a runner with random weights, for benches.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="group">Group of ranks on GPUs, to be disposed after the runner.</param>
    /// <param name="limits">How much a step and the cache hold. Pages are of 16 tokens; the context is the model's at most.</param>
    /// <param name="options">Other options; null for the defaults.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the model's sizes, a limit is wrong, or there are no kernels for the
    /// model's sizes.</exception>
    /// <exception cref="FusionException">There is not enough memory, or no cuBLASLt or NCCL where it is needed.</exception>
    public static GpuModelRunner WithRandomWeights(ModelConfig config, RankGroup group, RunnerLimits limits, GpuRunnerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(group);
        options ??= new();
        return new(config, group, limits, options, new RandomWeights(config, options.Seed));
    }

    /// <summary>Waits for what runs, and frees the model.</summary>
    public void Dispose()
    {
        for (var i = owned.Count - 1; i >= 0; i--) owned[i].Dispose();
        owned.Clear();
    }

    private static FusionPassConfig? PassesOf(GpuRunnerOptions options) => options.AllReduce switch
    {
        AllReduceKind.Fused => options.Passes,
        // Residual, norm and quantization stay one kernel.
        AllReduceKind.Separate => (options.Passes ?? FusionPassConfig.Default) with { AllReduceFusion = false },
        // With no size for which the built-in exchange is chosen, the library does all.
        _ => (options.Passes ?? FusionPassConfig.Default) with { AllReduceFusion = false, Policy = AllReducePolicy.WithLimits(0, 0) },
    };

    private static void ThrowUnlessPossible(RunnerLimits limits)
    {
        if (limits.PageSize != StepLayout.PageSize)
            throw new ArgumentException($"Pages are of {limits.PageSize} tokens; the kernels have pages of {StepLayout.PageSize}.", nameof(limits));
        if (limits.MaxTokens < 1 || limits.MaxSequences < 1 || limits.Pages < 1 || limits.MaxContext < 1)
            throw new ArgumentException($"The limits are {limits}; each must be 1 or more.", nameof(limits));
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        owned.Add(thing);
        return thing;
    }
}
