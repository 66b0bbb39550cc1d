using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Launches the matmuls of a graph: by cuBLASLt on GPUs, which is looked for if the graph has one, by own kernels on emulated
/// ones, for few rows, or where they are asked for, and in C# on the CPU.</summary>
internal sealed class MatmulSteps : IDisposable
{
    private readonly Dictionary<GpuContext, Matmul> matmuls = [];
    private readonly KernelLibraries? libraries;
    private readonly OwnMatmuls? own;
    private readonly SkinnyMatmuls? skinny;
    private readonly HashSet<GraphTensor> weights;

    /// <exception cref="FusionException">cuBLASLt is not there, or there is not enough memory for workspaces.</exception>
    public MatmulSteps(RankGroup group, TensorGraph graph, CompileOptions options)
    {
        weights = [.. graph.Weights];
        if (!graph.Ops.Any(op => op is MatmulOp) || group.Topology == GroupTopology.Cpu) return;
        var isOwn = options.Matmuls == MatmulKernels.Own || (options.Matmuls == MatmulKernels.Automatic && GpuDriver.IsEmulated);
        var devices = group.Ranks.Select(rank => rank.Context?.Device).OfType<GpuDevice>().Distinct().ToArray();
        var rows = devices.Length == 0 ? default : SkinnyMatmuls.RowsOf(options.SkinnyRows, isOwn, devices);
        if (isOwn || rows.Most > 0) libraries = new(group);
        if (rows.Most > 0)
        {
            TokensAhead = TokensAheadOf(graph, rows, devices);
            skinny = new(libraries!, rows, options.StartsNextEarly);
        }

        if (isOwn)
        {
            own = new(libraries!);
            return;
        }

        try
        {
            foreach (var rank in group.Ranks.Where(rank => rank.Context is not null))
            {
                if (!matmuls.TryGetValue(rank.Context!, out var matmul)) matmuls[rank.Context!] = matmul = new(rank.Context!, options.Matmul);
                // A lack of memory is to show here, and not in a run.
                matmul.Reserve(rank.Stream!);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Largest number of tokens of a run whose matmuls all have kernels for few rows that run ahead; 0 for none.</summary>
    public int TokensAhead { get; }

    /// <summary>Launches a matmul.</summary>
    /// <param name="op">The matmul.</param>
    /// <param name="stream">The rank's stream; null on the CPU.</param>
    /// <param name="at">Gets the memory of a tensor.</param>
    /// <param name="tokens">Number of tokens of the run.</param>
    /// <param name="letsNextStart">Whether the kernel behind it may start beside it, where the matmul's kernel allows that.</param>
    public void Launch(MatmulOp op, GpuStream? stream, Func<GraphTensor, DeviceTensor> at, int tokens, bool letsNextStart)
    {
        var call = CallOf(op, at);
        if (stream is null) CpuMatmul.Run(call);
        else if (skinny is not null && skinny.Has(call)) skinny.Launch(stream, call, letsNextStart, tokens <= TokensAhead, weights.Contains(op.Weight));
        else if (own is not null) own.Launch(stream, call);
        else matmuls[stream.Context].Launch(stream, call);
    }

    /// <summary>Tells whether a kernel of warpgroups does a matmul.</summary>
    /// <param name="call">The matmul.</param>
    public bool IsOfWarpgroups(in MatmulCall call) => skinny is not null && skinny.HasWarpgroups(call);

    /// <summary>Tells whether a kernel for few rows does a matmul.</summary>
    /// <param name="op">The matmul.</param>
    /// <param name="at">Gets the memory of a tensor.</param>
    /// <param name="call">The matmul as a call.</param>
    public bool IsOfFewRows(MatmulOp op, Func<GraphTensor, DeviceTensor> at, out MatmulCall call)
    {
        call = CallOf(op, at);
        return skinny is not null && skinny.Has(call);
    }

    public void Dispose()
    {
        libraries?.Dispose();
        foreach (var matmul in matmuls.Values) matmul.Dispose();
    }

    private static int TokensAheadOf(TensorGraph graph, SkinnyRows rows, IReadOnlyList<GpuDevice> devices)
    {
        var matmuls = graph.Ops.OfType<MatmulOp>().ToArray();
        if (!matmuls.All(op => SkinnyMatmuls.IsAligned(op.Weight.Type.Elements, op.Weight.Type.Columns))) return 0;
        var few = Math.Min(rows.Few, devices.Min(FewRowsLaunch.RowsAhead));
        // More rows, if those between are not left to kernels that do not run ahead.
        var most = few == rows.Few && matmuls.All(HasChunks) ? Math.Max(few, rows.OfWarpgroups) : few;
        var tokens = most;
        while (tokens > 0 && matmuls.Any(op => op.Input.Type.Rows.At(tokens) > most)) tokens--;
        return tokens;
    }

    private static bool HasChunks(MatmulOp op) =>
        DeviceTensor.ByteCount(op.Weight.Type.Elements, op.Weight.Type.Columns) % WarpgroupLaunch.ChunkBytes == 0;

    private static MatmulCall CallOf(MatmulOp op, Func<GraphTensor, DeviceTensor> at)
    {
        return new()
        {
            Input = at(op.Input),
            Weight = at(op.Weight),
            Output = at(op.Output),
            Bias = IfAny(op.Bias),
            Scaling = op.Scaling,
            InputScale = IfAny(op.InputScale),
            WeightScale = IfAny(op.WeightScale),
        };

        DeviceTensor? IfAny(GraphTensor? tensor) => tensor is null ? null : at(tensor);
    }
}
