namespace Fusion.Runtime;

/// <summary>A rank's call that was validated and planned once and is launched any number of times
/// (<see cref="AllReduce.Prepare"/>).</summary>
/// <remarks>It keeps the buffers of the call's tensors from being collected; disposing them, or the operation, remains the
/// caller's task. Use it from one thread at a time; ranks may have a thread each.</remarks>
public sealed class PreparedAllReduce
{
    private readonly AllReduce operation;
    private readonly IRankEngine engine;
    private readonly PlanTable plans;
    private readonly AllReduceStrategy? strategy;
    private readonly int variant;
    private AllReduceCall call;
    private AllReducePlan plan;
    private CallKernels kernels;

    internal PreparedAllReduce(
        AllReduce operation, IRankEngine engine, PlanTable plans, int rank, in AllReduceCall call, AllReduceStrategy? strategy, int variant)
    {
        (this.operation, this.engine, this.plans, Rank) = (operation, engine, plans, rank);
        (this.strategy, this.variant) = (strategy, variant);
        MaxTokens = (int)call.Input.Rows;
        plan = Prepare(call);
    }

    /// <summary>Index of the rank.</summary>
    public int Rank { get; }

    /// <summary>Number of tokens with which the call was prepared; it can be launched with fewer.</summary>
    public int MaxTokens { get; }

    /// <summary>Number of tokens of the next launch.</summary>
    public int Tokens => (int)call.Input.Rows;

    /// <summary>Inputs and outputs of the next launch.</summary>
    public AllReduceCall Call => call;

    /// <summary>How the next launch is done, and why.</summary>
    public AllReducePlan Plan => plans.WithKernelOf(plan, AllReduceEpilogue.Of(call));

    /// <summary>Sets the number of tokens of the launches from now on; all tensors keep their addresses.</summary>
    /// <param name="tokens">Number of tokens, from 1 to <see cref="MaxTokens"/>, the same on all ranks.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more tokens than were prepared, or none.</exception>
    /// <exception cref="FusionArgumentException">The strategy that <see cref="AllReduce.Prepare"/> named cannot do the
    /// call.</exception>
    public void SetTokens(int tokens)
    {
        if (tokens < 1 || tokens > MaxTokens)
        {
            throw new ArgumentOutOfRangeException(
                nameof(tokens), tokens, $"Expected 1 to {MaxTokens} tokens, with which the call was prepared; prepare it with more.");
        }

        if (tokens == Tokens) return;
        plan = Prepare(call with
        {
            Input = Rows(call.Input),
            Residual = RowsOf(call.Residual),
            AllReduceOut = RowsOf(call.AllReduceOut),
            ResidualOut = RowsOf(call.ResidualOut),
            NormOut = RowsOf(call.NormOut),
            QuantOut = RowsOf(call.QuantOut),
        });

        DeviceTensor Rows(DeviceTensor tensor) => tensor with { Rows = tokens };

        DeviceTensor? RowsOf(DeviceTensor? tensor) => tensor is { } given ? Rows(given) : null;
    }

    /// <summary>Sets the input of the launches from now on.</summary>
    /// <param name="input">Tensor of the rank's memory, of <see cref="Tokens"/> rows and the operation's type and hidden
    /// size. Its memory must stay until the last launch with it is done.</param>
    /// <exception cref="FusionArgumentException">Type, shape or alignment are wrong.</exception>
    /// <exception cref="FusionArgumentException">The address is not of the rank's GPU.</exception>
    /// <exception cref="FusionArgumentException">An output overlaps the input otherwise than in place.</exception>
    public void SetInput(DeviceTensor input)
    {
        var changed = call with { Input = input };
        operation.CheckInput(Rank, changed);
        plan = Prepare(changed);
    }

    /// <summary>Starts the call and returns, as <see cref="AllReduce.Launch(int, GpuStream?, in AllReduceCall, AllReduceStrategy?)"/> does. Allocates nothing.</summary>
    /// <param name="stream">A stream of the rank's GPU, which other ranks do not use; null for <see cref="Runtime.Rank.Stream"/>,
    /// and on the CPU.</param>
    /// <exception cref="FusionArgumentException">The stream is of another GPU or context, another rank uses it, or the
    /// rank's last call is in another stream and not done.</exception>
    /// <exception cref="RankGroupException">The ranks' calls are not the same. What CUDA graphs replay is not compared.</exception>
    /// <exception cref="PeerTimeoutException">A rank gave up in an earlier call.</exception>
    /// <exception cref="ResetRequiredException">The rank got the exception of an earlier failure already, and
    /// <see cref="AllReduce.Reset"/> was not called.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    /// <exception cref="ObjectDisposedException">The operation is disposed.</exception>
    public void Launch(GpuStream? stream = null)
    {
        operation.ThrowUnlessUsable(Rank, stream);
        using (NvtxRanges.Push(plan))
        {
            if (engine is GpuEngine gpu) gpu.Launch(Rank, stream, ref kernels);
            else engine.Launch(Rank, stream, call, plan);
        }

        FusionMetrics.CountCall(plan, call.Input);
    }

    private AllReducePlan Prepare(in AllReduceCall changed)
    {
        var made = plans.Get((int)changed.Input.Rows, strategy, variant);
        if (made.IsRefused) throw CallErrors.PlanRefused(made);
        if (engine is GpuEngine gpu)
        {
            kernels = default;
            gpu.Prepare(Rank, ref kernels, changed, made);
        }

        call = changed;
        return made;
    }
}
