using System.Runtime.InteropServices;
using Fusion.Interop.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Descriptions of a matmul of one shape, and the algorithm that cuBLASLt chose for it. Launches from several threads
/// are done one after the other, because the descriptions hold addresses of the call.</summary>
internal sealed class MatmulPlan : SafeHandle
{
    private const int Trials = 1;

    private readonly CublasLtLibrary library;
    private readonly MatmulShape shape;
    private readonly Lock gate = new();
    private readonly MatmulAlgorithm algorithm;
    private MatmulLayouts layouts;
    private nint preference;
    private ulong bias, inputScale, weightScale;

    /// <summary>Describes a matmul and lets the library choose an algorithm.</summary>
    /// <param name="library">The library.</param>
    /// <param name="lt">Handle of the library.</param>
    /// <param name="shape">Shape of the matmul.</param>
    /// <param name="workspaceBytes">Largest workspace, in bytes.</param>
    /// <param name="machine">Description of the GPU, for messages.</param>
    /// <exception cref="CublasLtException">There is no algorithm.</exception>
    public MatmulPlan(CublasLtLibrary library, nint lt, in MatmulShape shape, long workspaceBytes, string machine)
        : base(0, ownsHandle: true)
    {
        (this.library, this.shape) = (library, shape);
        try
        {
            Describe();
            var description = library.Descriptions;
            Check(description.CreatePreference(out preference), "cublasLtMatmulPreferenceCreate");
            Check(description.Set(preference, PreferenceProperty.WorkspaceBytes, (ulong)workspaceBytes), "cublasLtMatmulPreferenceSetAttribute");
            Check(description.Set(preference, PreferenceProperty.AlignmentOfA, (uint)shape.WeightAlignment), "cublasLtMatmulPreferenceSetAttribute");
            Check(description.Set(preference, PreferenceProperty.AlignmentOfB, (uint)shape.InputAlignment), "cublasLtMatmulPreferenceSetAttribute");
            Check(description.Set(preference, PreferenceProperty.AlignmentOfC, (uint)shape.OutputAlignment), "cublasLtMatmulPreferenceSetAttribute");
            Check(description.Set(preference, PreferenceProperty.AlignmentOfD, (uint)shape.OutputAlignment), "cublasLtMatmulPreferenceSetAttribute");
            var status = library.GetHeuristic(lt, handle, layouts, preference, out var found, out var count);
            if (status == CublasStatus.NotSupported || (status == CublasStatus.Success && (count < Trials || found.State != CublasStatus.Success)))
            {
                throw CublasLtException.NotSupported(
                    shape.ToString(), $"cuBLASLt {library.Version} has no algorithm for it on {machine}, with a workspace of {workspaceBytes} bytes",
                    "another type, shape, alignment or kind of scales, or a newer cuBLASLt", (int)status);
            }

            Check(status, "cublasLtMatmulAlgoGetHeuristic");
            (algorithm, WorkspaceBytes) = (found.Algorithm, checked((long)found.WorkspaceBytes));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Size of the workspace that the algorithm needs, in bytes.</summary>
    public long WorkspaceBytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Enqueues the matmul. Allocates nothing.</summary>
    /// <param name="lt">Handle of the library.</param>
    /// <param name="call">A call of this plan's shape.</param>
    /// <param name="workspace">Address of the workspace.</param>
    /// <param name="stream">Handle of the stream, whose context is current.</param>
    /// <exception cref="CublasLtException">The library refuses.</exception>
    public void Launch(nint lt, in MatmulCall call, ulong workspace, nint stream)
    {
        var isKept = false;
        try
        {
            DangerousAddRef(ref isKept);
            lock (gate)
            {
                Point(MatmulProperty.BiasPointer, ref bias, call.Bias);
                Point(MatmulProperty.ScaleOfAPointer, ref weightScale, call.WeightScale);
                Point(MatmulProperty.ScaleOfBPointer, ref inputScale, call.InputScale);
                var status = library.Matmul(
                    lt, handle, layouts, call.Alpha, call.Weight.Address, call.Input.Address, call.Output.Address, algorithm, workspace,
                    (nuint)WorkspaceBytes, stream);
                Check(status, "cublasLtMatmul");
            }
        }
        finally
        {
            if (isKept) DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        var description = library.Descriptions;
        if (preference != 0) _ = description.DestroyPreference(preference);
        foreach (var layout in new[] { layouts.A, layouts.B, layouts.D }.Where(layout => layout != 0)) _ = description.DestroyLayout(layout);
        return description.DestroyMatmul(handle) == CublasStatus.Success;
    }

    // cuBLASLt's matrices are column-major: its A is the weight, transposed, its B the input, its D the output, all as they lie.
    private void Describe()
    {
        var description = library.Descriptions;
        Check(description.CreateMatmul(out var made), "cublasLtMatmulDescCreate");
        SetHandle(made);
        Check(description.CreateLayout(out var a, TypeOf(shape.Type), shape.Depth, shape.Columns), "cublasLtMatrixLayoutCreate");
        layouts = layouts with { A = a };
        Check(description.CreateLayout(out var b, TypeOf(shape.Type), shape.Depth, shape.Tokens), "cublasLtMatrixLayoutCreate");
        layouts = layouts with { B = b };
        Check(description.CreateLayout(out var d, TypeOf(shape.Output), shape.Columns, shape.Tokens), "cublasLtMatrixLayoutCreate");
        layouts = layouts with { C = d, D = d };

        Set(MatmulProperty.TransposeA, 1);
        Set(MatmulProperty.TransposeB, 0);
        if (shape.HasBias)
        {
            Set(MatmulProperty.Epilogue, (int)MatmulEpilogue.Bias);
            Set(MatmulProperty.BiasType, (int)TypeOf(shape.Bias));
            // The search reads the alignment from it: a bias may be aligned to no more than 16 bytes.
            Set(MatmulProperty.BiasPointer, bias = 16UL);
        }

        if (shape.FastAccumulation) Set(MatmulProperty.FastAccumulation, (byte)1);
        if (shape.HasWeightScale) Set(MatmulProperty.ScaleOfAPointer, weightScale = 16UL);
        if (shape.HasInputScale) Set(MatmulProperty.ScaleOfBPointer, inputScale = 16UL);
        // Older versions do not know the property, and scale by tensor.
        if (shape.Scaling == MatmulScaling.Tensor) return;
        var isRow = shape.Scaling == MatmulScaling.Row;
        Set(MatmulProperty.ScaleModeOfA, (int)(isRow ? MatrixScale.Row : MatrixScale.Block128));
        Set(MatmulProperty.ScaleModeOfB, (int)(isRow ? MatrixScale.Row : MatrixScale.Vector128));
    }

    private void Set<T>(MatmulProperty property, T value)
        where T : unmanaged => Check(library.Descriptions.Set(handle, property, value), $"cublasLtMatmulDescSetAttribute({property})");

    private void Point(MatmulProperty property, ref ulong now, in DeviceTensor? tensor)
    {
        var wanted = tensor?.Address ?? 0;
        if (now == wanted) return;
        Check(library.Descriptions.Set(handle, property, wanted), "cublasLtMatmulDescSetAttribute");
        now = wanted;
    }

    private static CudaDataType TypeOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => CudaDataType.Bf16,
        ElementType.Float16 => CudaDataType.F16,
        ElementType.Float8E4M3 => CudaDataType.F8E4M3,
        _ => CudaDataType.F32,
    };

    private void Check(CublasStatus status, string function)
    {
        if (status == CublasStatus.Success) return;
        throw CublasLtException.Failed(
            library, function, status, shape.ToString(), "Start the program with CUBLASLT_LOG_LEVEL=1 to see why.");
    }
}
