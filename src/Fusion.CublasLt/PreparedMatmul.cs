using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>A matmul whose tensors were checked and whose algorithm was chosen, made by <see cref="Matmul.Prepare"/>. A launch
/// checks nothing again and allocates nothing, but for a workspace at a stream's first use.</summary>
/// <remarks>Members may be called from any thread.</remarks>
public sealed class PreparedMatmul : IDisposable
{
    private readonly Matmul matmul;
    private readonly MatmulPlan plan;

    internal PreparedMatmul(Matmul matmul, MatmulPlan plan, in MatmulCall call) => (this.matmul, this.plan, Call) = (matmul, plan, call);

    /// <summary>Tensors and settings of the matmul.</summary>
    public MatmulCall Call { get; }

    /// <summary>Size of the workspace that the algorithm uses, in bytes.</summary>
    public long WorkspaceBytes => plan.WorkspaceBytes;

    /// <summary>Loads the kernels, and multiplies nothing (<see cref="Matmul.LoadKernels"/>).</summary>
    /// <param name="stream">Stream of the later launches.</param>
    /// <exception cref="CublasLtException">cuBLASLt refuses.</exception>
    /// <exception cref="ObjectDisposedException">This, or the <see cref="CublasLt.Matmul"/>, is disposed.</exception>
    public void LoadKernels(GpuStream stream)
    {
        ObjectDisposedException.ThrowIf(plan.IsClosed, this);
        matmul.RecordAside(stream, Call, plan);
    }

    /// <summary>Enqueues the matmul in a stream, without waiting.</summary>
    /// <param name="stream">A stream of the matmul's context.</param>
    /// <exception cref="CublasLtException">cuBLASLt refuses.</exception>
    /// <exception cref="ObjectDisposedException">This, or the <see cref="Matmul"/>, is disposed.</exception>
    public void Launch(GpuStream stream)
    {
        ObjectDisposedException.ThrowIf(plan.IsClosed, this);
        matmul.Launch(stream, plan, Call);
    }

    /// <summary>Frees the descriptions of the matmul. What was launched still ends. Disposing twice is harmless.</summary>
    public void Dispose() => plan.Dispose();
}
