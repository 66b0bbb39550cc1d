using Fusion.Interop.Driver;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A kernel that is loaded on a GPU.</summary>
/// <remarks>A kernel is valid as long as its <see cref="KernelLibrary"/>. It may be launched from several threads at
/// once.</remarks>
public sealed unsafe class Kernel
{
    private const int MaxOptions = 3;

    private readonly LoadedModule module;
    private readonly LaunchLimits limits;
    private readonly nint function;
    private volatile bool mayUseMoreShared;
    private volatile bool mayUseLargeClusters;

    internal Kernel(LoadedModule module, KernelEntry entry, nint function, LaunchLimits limits)
    {
        this.module = module;
        this.function = function;
        this.limits = limits;
        Entry = entry;
    }

    /// <summary>Name of the kernel in the source: <c>rms_norm</c>, or <c>scale&lt;float&gt;</c> for an
    /// instantiation.</summary>
    public string Name => Entry.Name;

    /// <summary>Name of the kernel's module, such as <c>kernels/rms_norm</c>.</summary>
    public string Module => module.Choice.Module.Name;

    /// <summary>Manifest entry of the kernel in the loaded image: symbol, parameters and resources.</summary>
    public KernelEntry Entry { get; }

    /// <summary>Largest number of threads in a block of this kernel on this GPU.</summary>
    public int MaxThreadsPerBlock => limits.MaxThreads;

    /// <summary>Whether GPU and code have clusters and PDL (programmatic dependent launch).</summary>
    internal bool IsForHopper => limits is { IsHopperOrLater: true, IsCodeForHopper: true };

    /// <summary>Launches the kernel into a stream and returns before it has run. Allocates nothing.</summary>
    /// <param name="stream">A stream of the library's context.</param>
    /// <param name="shape">Grid, block, cluster and shared memory.</param>
    /// <param name="arguments">A value for each parameter, in order. Values are copied before this returns; memory that they
    /// point to must stay until the kernel has ended.</param>
    /// <exception cref="FusionArgumentException">The shape is impossible on this GPU.</exception>
    /// <exception cref="FusionArgumentException">Number or sizes of the arguments differ from the parameters'. Types are not
    /// compared.</exception>
    /// <exception cref="GpuException">The driver refuses, or an earlier kernel failed.</exception>
    /// <exception cref="ArgumentException">The stream is of another context or GPU.</exception>
    /// <exception cref="ObjectDisposedException">The library or the stream is disposed.</exception>
    public void Launch(GpuStream stream, in LaunchShape shape, params ReadOnlySpan<KernelArgument> arguments)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var lease = Lease();
        using var streamLease = stream.Lease();
        Check(shape, arguments);
        var context = module.Context;
        stream.ThrowUnlessOf(context, "the kernel");
        context.MakeCurrent();
        OptIn(shape);
        if (shape.Cooperative) LaunchCheck.CheckCooperative(Entry, shape.Grid, Resident(shape));

        var options = stackalloc LaunchOption[MaxOptions];
        var values = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            if (KernelArgument.WriteAddresses(first, arguments.Length, values) is var gone and >= 0)
                throw KernelErrors.LostArgument(Entry, gone);
            var config = Configure(shape, stream.Handle, options);
            GpuDriver.Check(GpuDriver.Library.Launch.Launch(&config, function, values), "cuLaunchKernelEx");
        }
    }

    /// <summary>Throws unless the kernel can be launched with a shape and arguments.</summary>
    internal void Check(in LaunchShape shape, ReadOnlySpan<KernelArgument> arguments) => LaunchCheck.Check(Entry, limits, shape, arguments);

    /// <summary>Launches the kernel with one argument. Shape and argument were checked (<see cref="Check"/>), and the stream is
    /// of the kernel's context.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shape">Grid, block, cluster and shared memory.</param>
    /// <param name="argument">Address of the argument's value.</param>
    internal void LaunchChecked(GpuStream stream, in LaunchShape shape, void* argument)
    {
        using var lease = Lease();
        using var streamLease = stream.Lease();
        module.Context.MakeCurrent();
        OptIn(shape);
        var options = stackalloc LaunchOption[MaxOptions];
        var config = Configure(shape, stream.Handle, options);
        GpuDriver.Check(GpuDriver.Library.Launch.Launch(&config, function, &argument), "cuLaunchKernelEx");
    }

    /// <summary>Computes the occupancy of the kernel: how many of its blocks are resident on an otherwise idle
    /// multiprocessor.</summary>
    /// <param name="threads">Number of threads in a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public int BlocksPerMultiprocessor(int threads, int sharedBytes = 0)
    {
        using var lease = Lease();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        ArgumentOutOfRangeException.ThrowIfNegative(sharedBytes);
        module.Context.MakeCurrent();
        GpuDriver.Check(
            GpuDriver.Library.Occupancy.MaxActiveBlocks(function, threads, (nuint)sharedBytes, out var blocks),
            "cuOccupancyMaxActiveBlocksPerMultiprocessor");
        return blocks;
    }

    /// <summary>Computes how many blocks of this kernel are resident on an otherwise idle GPU: the largest grid of a cooperative
    /// launch.</summary>
    /// <param name="shape">A shape, of which the grid does not count.</param>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public int BlocksAtATime(in LaunchShape shape)
    {
        using var lease = Lease();
        module.Context.MakeCurrent();
        OptIn(shape);
        return Resident(shape);
    }

    /// <summary>Computes how many clusters of this kernel are resident on an otherwise idle GPU.</summary>
    /// <param name="shape">A shape with a cluster.</param>
    /// <returns>Number of clusters; 0 if the GPU or its driver has none.</returns>
    /// <exception cref="FusionArgumentException">The shape is impossible on this GPU.</exception>
    /// <exception cref="GpuException">The driver reports an error.</exception>
    public int ClustersAtATime(in LaunchShape shape)
    {
        using var lease = Lease();
        if (shape.Cluster is null) throw new ArgumentException("The shape has no cluster.", nameof(shape));
        if (!limits.IsHopperOrLater || !GpuDriver.Library.Occupancy.CanMaxActiveClusters) return 0;
        module.Context.MakeCurrent();
        OptIn(shape);
        var options = stackalloc LaunchOption[MaxOptions];
        var config = Configure(shape, 0, options);
        GpuDriver.Check(
            GpuDriver.Library.Occupancy.MaxActiveClusters(function, &config, out var clusters), "cuOccupancyMaxActiveClusters");
        return clusters;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Module}: {Name}";

    private LaunchConfig Configure(in LaunchShape shape, nint stream, LaunchOption* options)
    {
        var count = 0u;
        if (shape.Cluster is { } cluster)
            options[count++] = LaunchOption.Cluster((uint)cluster.X, (uint)cluster.Y, (uint)cluster.Z);
        if (shape.Cooperative) options[count++] = LaunchOption.Cooperative;
        if (shape.ProgrammaticLaunch && IsForHopper) options[count++] = LaunchOption.ProgrammaticLaunch;
        return new()
        {
            GridX = (uint)shape.Grid.X,
            GridY = (uint)shape.Grid.Y,
            GridZ = (uint)shape.Grid.Z,
            BlockX = (uint)shape.Block.X,
            BlockY = (uint)shape.Block.Y,
            BlockZ = (uint)shape.Block.Z,
            SharedBytes = (uint)shape.SharedBytes,
            Stream = stream,
            Options = options,
            OptionCount = count,
        };
    }

    private int Resident(in LaunchShape shape) => shape.Cluster is { } cluster
        ? ClustersAtATime(shape with { Grid = cluster }) * (int)cluster.Count
        : BlocksPerMultiprocessor((int)shape.Block.Count, shape.SharedBytes) * module.Context.Device.MultiprocessorCount;

    private HandleLease Lease()
    {
        ObjectDisposedException.ThrowIf(module.IsDisposed, this);
        return module.Lease();
    }

    // Two threads may both set an attribute: the second sets the same value again.
    private void OptIn(in LaunchShape shape)
    {
        if (!mayUseMoreShared && shape.SharedBytes + limits.StaticSharedBytes > LaunchLimits.SharedBytesWithoutOptIn)
        {
            Set(FunctionProperty.MaxDynamicSharedSizeBytes, limits.MaxDynamicSharedBytes);
            mayUseMoreShared = true;
        }

        if (!mayUseLargeClusters && shape.Cluster?.Count > LaunchLimits.PortableClusterSize)
        {
            Set(FunctionProperty.NonPortableClusterSizeAllowed, 1);
            mayUseLargeClusters = true;
        }
    }

    private void Set(FunctionProperty property, int value) =>
        GpuDriver.Check(GpuDriver.Library.Module.SetAttribute(function, property, value), "cuFuncSetAttribute");
}
