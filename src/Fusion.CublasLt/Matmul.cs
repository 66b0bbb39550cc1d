using Fusion.Interop.CublasLt;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Matrix products on one GPU by cuBLASLt. With several GPUs, make one for each context.</summary>
/// <remarks>
/// <para>The algorithm of a shape is chosen by cuBLASLt at its first call and remembered; a call whose shape is remembered
/// allocates nothing. Calls of one shape give the same bits for the same input each time. Shapes that differ in the number of
/// tokens may get different algorithms, which sum in different orders.</para>
/// <para>Calls can be recorded as CUDA graphs, also first calls. A recorded call uses the workspace of the stream in
/// which it was recorded: do not launch the graph in another stream while that one multiplies, keep that stream and this object
/// as long as the graph. Members may be called from any thread.</para>
/// <para>The first call of a shape loads kernels, for which the driver may wait until the kernels that run on the GPU have ended. Where one of them waits
/// for another GPU, as an all-reduce does, and this thread has yet to launch what that one waits for, it would wait in vain:
/// <see cref="LoadKernels"/> before.</para>
/// </remarks>
public sealed class Matmul : IDisposable
{
    // A launch takes microseconds; a thread that takes longer is stuck in the library.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly CublasLtLibrary library;
    private readonly NativeHandle handle;
    private readonly Workspaces workspaces;
    private readonly MatmulPlans plans;
    private readonly UseGate uses = new();

    /// <summary>Finds cuBLASLt and makes a handle of it in a context.</summary>
    /// <param name="context">Context of the GPU.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="CublasLtException">cuBLASLt is not on the machine, or cannot use the GPU.</exception>
    /// <exception cref="FusionArgumentException">An option is wrong.</exception>
    public Matmul(GpuContext context, MatmulOptions? options = null)
        : this(context, options ??= new(), Load(options.LibraryPath))
    {
    }

    internal Matmul(GpuContext context, MatmulOptions options, CublasLtLibrary library)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (options.WorkspaceBytes < 0) throw Option(nameof(options.WorkspaceBytes), $"{options.WorkspaceBytes}", "0 or more");
        if (options.RememberedShapes < 1) throw Option(nameof(options.RememberedShapes), $"{options.RememberedShapes}", "1 or more");
        if (options.Workspace is { Length: > 0 } given && given.Pointer.Address % 256 != 0)
            throw Option(nameof(options.Workspace), $"at {given.Pointer}", "an address that is a multiple of 256");
        (Context, this.library) = (context, library);
        context.MakeCurrent();
        var status = library.Create(out var made);
        if (status != CublasStatus.Success)
        {
            throw CublasLtException.Failed(
                library, "cublasLtCreate", status, context.Device.ToString(),
                $"A cuBLASLt of a newer CUDA than the driver's {GpuDriver.Version} cannot use the GPU: name an older one.");
        }

        handle = new(context, made, "cuBLASLt handle", lt =>
        {
            _ = library.Destroy(lt);
            return CudaResult.Success;
        });
        workspaces = new(context, options);
        plans = new(options.RememberedShapes, MakePlan);
    }

    /// <summary>Context whose GPU multiplies.</summary>
    public GpuContext Context { get; }

    /// <summary>Version of cuBLASLt, such as 12.9.1.</summary>
    public Version Version => library.Version;

    /// <summary>Number of shapes whose algorithms are remembered now.</summary>
    public int RememberedShapes => plans.Count;

    /// <summary>Allocates a stream's workspace, which its first call does otherwise, so that a lack of memory shows here.</summary>
    /// <param name="stream">A stream of the context.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public void Reserve(GpuStream stream) => Use(stream, static (Matmul matmul, GpuStream stream, in MatmulCall _, MatmulPlan? _) => matmul.workspaces.For(stream), default, null);

    /// <summary>Lets cuBLASLt choose the algorithm of a call's shape and load its kernels, and multiplies nothing: a later
    /// <see cref="Launch(GpuStream, in MatmulCall)"/> of the shape waits for no other kernel.</summary>
    /// <param name="stream">Stream of the later calls.</param>
    /// <param name="call">Tensors and settings of the matmul. Their content does not matter and does not change.</param>
    /// <exception cref="FusionArgumentException">A tensor does not fit.</exception>
    /// <exception cref="CublasLtException">There is no algorithm for the call, or cuBLASLt refuses.</exception>
    public void LoadKernels(GpuStream stream, in MatmulCall call) => RecordAside(stream, call, null);

    /// <summary>Checks a call and enqueues it in a stream, without waiting. Allocates nothing if the shape is remembered and the
    /// stream has a workspace.</summary>
    /// <param name="stream">A stream of the context.</param>
    /// <param name="call">Tensors and settings of the matmul.</param>
    /// <exception cref="FusionArgumentException">A tensor does not fit.</exception>
    /// <exception cref="CublasLtException">There is no algorithm for the call, or cuBLASLt refuses.</exception>
    public void Launch(GpuStream stream, in MatmulCall call) => Use(
        stream,
        static (Matmul matmul, GpuStream stream, in MatmulCall call, MatmulPlan? _) =>
        {
            MatmulRules.Check(call, DriverMemoryInspector.Instance, matmul.Context.Device.Ordinal);
            matmul.Start(matmul.plans.Get(MatmulShape.Of(call)), stream, call);
        },
        call, null);

    /// <summary>Checks a call and lets cuBLASLt choose its algorithm, to be launched many times with the same tensors.</summary>
    /// <param name="call">Tensors and settings of the matmul. The memory must be kept as long as the prepared call is
    /// launched.</param>
    /// <returns>The prepared call, which does not count among the remembered shapes, to be disposed.</returns>
    /// <exception cref="FusionArgumentException">A tensor does not fit.</exception>
    /// <exception cref="CublasLtException">There is no algorithm for the call.</exception>
    public PreparedMatmul Prepare(in MatmulCall call)
    {
        ThrowUnlessEntered();
        try
        {
            Context.MakeCurrent();
            MatmulRules.Check(call, DriverMemoryInspector.Instance, Context.Device.Ordinal);
            return new(this, MakePlan(MatmulShape.Of(call)), call);
        }
        finally
        {
            uses.Leave();
        }
    }

    /// <summary>Frees workspaces and handle, after kernels that run. Prepared calls can then not be launched any more. Disposing
    /// twice is harmless.</summary>
    public void Dispose()
    {
        // What a stuck thread uses is leaked: to free it would crash the thread.
        if (!uses.Close(Longest)) return;
        plans.Dispose();
        workspaces.Dispose();
        handle.Dispose();
    }

    /// <summary>Enqueues a call whose plan is there.</summary>
    internal void Launch(GpuStream stream, MatmulPlan plan, in MatmulCall call) =>
        Use(stream, static (Matmul matmul, GpuStream stream, in MatmulCall call, MatmulPlan? plan) => matmul.Start(plan!, stream, call), call, plan);

    /// <summary>Loads the kernels of a call by recording it and throwing the recording away.</summary>
    internal void RecordAside(GpuStream stream, MatmulCall call, MatmulPlan? prepared)
    {
        Reserve(stream);
        using var aside = new GpuStream(Context);
        using var recording = GpuGraph.Capture(aside, () => Use(
            aside,
            (Matmul matmul, GpuStream into, in MatmulCall call, MatmulPlan? plan) =>
            {
                if (plan is null) MatmulRules.Check(call, DriverMemoryInspector.Instance, matmul.Context.Device.Ordinal);
                plan ??= matmul.plans.Get(MatmulShape.Of(call));
                plan.Launch(matmul.handle.Value, call, plan.WorkspaceBytes == 0 ? 0 : matmul.workspaces.For(stream), into.Handle);
            },
            call, prepared));
    }

    private void Start(MatmulPlan plan, GpuStream stream, in MatmulCall call) =>
        plan.Launch(handle.Value, call, plan.WorkspaceBytes == 0 ? 0 : workspaces.For(stream), stream.Handle);

    private MatmulPlan MakePlan(MatmulShape shape)
    {
        MatmulSupport.Check(shape, library.Version, Context.Device);
        return new(library, handle.Value, shape, workspaces.Bytes, Context.Device.ToString());
    }

    private delegate void Work(Matmul matmul, GpuStream stream, in MatmulCall call, MatmulPlan? plan);

    private void Use(GpuStream stream, Work work, in MatmulCall call, MatmulPlan? plan)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowUnlessEntered();
        try
        {
            using var lease = stream.Lease();
            stream.ThrowUnlessOf(Context, "the matmul");
            Context.MakeCurrent();
            using var relaxed = RelaxedRecording.Begin();
            work(this, stream, call, plan);
        }
        finally
        {
            uses.Leave();
        }
    }

    private void ThrowUnlessEntered() => ObjectDisposedException.ThrowIf(!uses.TryEnter(), this);

    private static CublasLtLibrary Load(string? path)
    {
        var places = new CublasLtPlaces(Environment.GetEnvironmentVariable);
        if (CublasLtLibrary.TryLoad(places.Find(path, GpuDriver.Version.Major), out var library, out var failure))
        {
            if (!GpuDriver.Library.TakesOnlyPtx) return library;
            throw CublasLtException.NotSupported("matmul", "the GPU is emulated, and cuBLASLt is machine code", "a GPU");
        }

        throw CublasLtException.NotFound(places.Asked(path) is { } asked ? $"none at '{asked}'" : "neither the loader nor a toolkit or Python environment has one", failure);
    }

    private static FusionArgumentException Option(string name, string found, string allowed) => new(
        CublasLtErrorCodes.Argument, name, $"{nameof(MatmulOptions)}.{name} is {found}; allowed is {allowed}.");
}
