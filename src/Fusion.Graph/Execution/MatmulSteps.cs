using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Launches the matmuls of a graph: by cuBLASLt on GPUs, which is looked for if the graph has one, and in C# on the
/// CPU.</summary>
internal sealed class MatmulSteps : IDisposable
{
    private readonly Dictionary<GpuContext, Matmul> matmuls = [];

    /// <exception cref="FusionException">cuBLASLt is not there, or there is not enough memory for workspaces.</exception>
    public MatmulSteps(RankGroup group, TensorGraph graph, MatmulOptions? options)
    {
        if (!graph.Ops.Any(op => op is MatmulOp)) return;
        try
        {
            foreach (var rank in group.Ranks.Where(rank => rank.Context is not null))
            {
                if (!matmuls.TryGetValue(rank.Context!, out var matmul)) matmuls[rank.Context!] = matmul = new(rank.Context!, options);
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

    public void Launch(MatmulOp op, GpuStream? stream, Func<GraphTensor, DeviceTensor> at)
    {
        var call = CallOf(op, at);
        if (stream is null) CpuMatmul.Run(call);
        else matmuls[stream.Context].Launch(stream, call);
    }

    public void Dispose()
    {
        foreach (var matmul in matmuls.Values) matmul.Dispose();
    }

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
