namespace Fusion.Runtime;

/// <summary>A rank of a group, on a GPU or on the CPU.</summary>
/// <remarks>A rank is valid as long as its group. Members may be called from any thread.</remarks>
public sealed class Rank
{
    internal Rank(int index, GroupGpu? gpu, bool isLocal, MemorySharing sharing = MemorySharing.None)
    {
        (Index, IsLocal, Sharing) = (index, isLocal, sharing);
        Gpu = gpu;
        Stream = gpu is null ? null : new GpuStream(gpu.Context);
    }

    /// <summary>Index of the rank in its group, from 0.</summary>
    public int Index { get; }

    /// <summary>Whether this process launches the rank's calls.</summary>
    public bool IsLocal { get; }

    /// <summary>Context of the rank's GPU, which other ranks may share; null on the CPU and for a rank of another
    /// process.</summary>
    public GpuContext? Context => Gpu?.Context;

    /// <summary>The rank's own stream, which its calls use unless another one is named; null where <see cref="Context"/> is
    /// null.</summary>
    public GpuStream? Stream { get; }

    // This process can use neither memory nor streams of another process's rank.
    private Rank Here => IsLocal ? this : throw new InvalidOperationException($"{this} has its memory and streams there.");

    internal GroupGpu? Gpu { get; }

    /// <summary>Way in which other processes map the workspaces of the rank's operations.</summary>
    internal MemorySharing Sharing { get; }

    /// <summary>Allocates memory where the rank can read and write it: on its GPU, or in host memory.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="count">Number of elements, 0 or more.</param>
    /// <returns>A buffer with undefined content, to be disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of elements is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory on the GPU.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough host memory.</exception>
    public RankBuffer<T> Allocate<T>(long count)
        where T : unmanaged => new(Here.Context, count);

    /// <summary>Allocates host memory from and to which the rank's streams copy. It is pinned where the rank has a GPU.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="count">Number of elements, 0 or more.</param>
    /// <returns>A buffer of zeros, to be disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of elements is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public PinnedBuffer<T> AllocatePinned<T>(int count)
        where T : unmanaged => new(count, Here.Context);

    /// <summary>Makes a stream on the rank's GPU.</summary>
    /// <returns>A stream, to be disposed; null on the CPU, where no stream is needed.</returns>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuStream? CreateStream() => Here.Context is { } context ? new GpuStream(context) : null;

    /// <inheritdoc/>
    public override string ToString() => IsLocal
        ? $"rank {Index} on {Context?.Device.ToString() ?? "the CPU"}" : $"rank {Index} of another process";
}
