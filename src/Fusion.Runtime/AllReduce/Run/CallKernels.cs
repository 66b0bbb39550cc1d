namespace Fusion.Runtime;

/// <summary>Kernels of a rank's call, ready to be launched any number of times.</summary>
internal struct CallKernels
{
    /// <summary>Number of tokens of the call.</summary>
    public int Tokens;

    /// <summary>Number of tokens of each of its pieces but the last.</summary>
    public int PieceTokens;

    /// <summary>What all ranks' calls have in common.</summary>
    public AllReduceLaunch Call;

    /// <summary>Fingerprint of <see cref="Call"/>.</summary>
    public ulong Fingerprint;

    /// <summary>Kernel that exchanges data between ranks, if <see cref="HasExchange"/>.</summary>
    public CallKernel Exchange;

    /// <summary>Epilogue kernel, if <see cref="HasEpilogue"/>.</summary>
    public CallKernel Epilogue;

    /// <summary>What another library sums, if <see cref="UsesLibrary"/>.</summary>
    public DeviceTensor LibraryInput;

    /// <summary>Where another library writes the sum, if <see cref="UsesLibrary"/>.</summary>
    public DeviceTensor LibraryOutput;

    public bool HasExchange;
    public bool UsesLibrary;
    public bool HasEpilogue;
}

/// <summary>A kernel of a call, with its parameters and the shape of its last launch.</summary>
internal unsafe struct CallKernel
{
    /// <summary>Parameters of the kernel, for its last launch or, before one, for the whole call.</summary>
    public AllReduceParameters Parameters;

    /// <summary>Sizes of a row of each tensor.</summary>
    public RowBytes Rows;

    private const int NoShape = -1;

    private LaunchableKernel preferred;
    private LaunchableKernel forAnyShape;
    private LaunchableKernel kernel;
    private LaunchShape shape;
    private int owners;
    private int sharedBytes;
    private int shapedFor;
    private int shapedTokens;

    /// <summary>Sets the kernel, after its parameters.</summary>
    /// <param name="launchable">The kernel.</param>
    /// <param name="otherwise">Kernel for a launch beside operations that leave no room for <paramref name="launchable"/>.</param>
    /// <param name="owningRanks">Number of ranks that share the tokens: the world size in two-shot, else 1.</param>
    /// <param name="dynamicBytes">Dynamic shared memory of a block, in bytes.</param>
    public void Set(in LaunchableKernel launchable, in LaunchableKernel otherwise, int owningRanks, int dynamicBytes)
    {
        (preferred, forAnyShape, owners, sharedBytes, shapedFor) = (launchable, otherwise, owningRanks, dynamicBytes, NoShape);
    }

    /// <summary>Launches the kernel. Allocates nothing.</summary>
    /// <param name="stream">A stream of the kernel's context.</param>
    /// <param name="kernels">Kernels of the rank.</param>
    /// <param name="share">The operation's share of the GPU; null for a kernel that waits for no rank.</param>
    /// <param name="row">First row of the launch.</param>
    /// <param name="tokens">Number of rows of the launch.</param>
    public void Launch(GpuStream stream, RankKernels kernels, BlockShare? share, int row, int tokens)
    {
        var sharers = share?.Enter(Parameters.Rank, stream.Handle) ?? 0;
        if (row != Parameters.FirstRow) Rows.MoveTo(ref Parameters, row);
        Parameters.Tokens = tokens;
        if (sharers != shapedFor || tokens != shapedTokens)
        {
            kernel = kernels.HasRoom(preferred, sharers) ? preferred : forAnyShape;
            Parameters.Overlap = !kernel.Overlaps ? KernelOverlap.None : tokens <= kernels.StartsNextEarlyTokens ? KernelOverlap.AtOnce : KernelOverlap.OnceAllHaveCome;
            shape = kernels.Shape(kernel, owners, sharedBytes, Parameters, share, sharers);
            kernel.Kernel.Check(shape, [KernelArgument.AddressOf(in Parameters)]);
            (shapedFor, shapedTokens) = (sharers, tokens);
        }

        // The driver copies the parameters before it returns.
        fixed (AllReduceParameters* parameters = &Parameters) kernel.Kernel.LaunchChecked(stream, shape, parameters);
    }
}
