namespace Fusion.Runtime;

/// <summary>One of the ranks of a group: an index, and a GPU or the CPU.</summary>
/// <remarks>Good as long as its group. Members may be called from any thread.</remarks>
public sealed class Rank
{
    internal Rank(int index, GroupGpu? gpu, bool isLocal)
    {
        (Index, IsLocal) = (index, isLocal);
        Gpu = gpu;
        Stream = gpu is null ? null : new GpuStream(gpu.Context);
    }

    /// <summary>Its number in the group, from 0.</summary>
    public int Index { get; }

    /// <summary>Whether this process launches its calls.</summary>
    public bool IsLocal { get; }

    /// <summary>Its GPU, which other ranks may share; null on the CPU, and for a rank of another process.</summary>
    public GpuContext? Context => Gpu?.Context;

    /// <summary>A stream of its own, in which its calls go unless another one is named; null where <see cref="Context"/>
    /// is.</summary>
    public GpuStream? Stream { get; }

    internal GroupGpu? Gpu { get; }

    /// <summary>Allocates memory where the rank can read and write it: on its GPU, or in host memory.</summary>
    /// <typeparam name="T">The elements.</typeparam>
    /// <param name="count">Number of elements, 0 or more.</param>
    /// <returns>A buffer with undefined content, to be disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory on the GPU.</exception>
    /// <exception cref="OutOfMemoryException">There is not enough host memory.</exception>
    public RankBuffer<T> Allocate<T>(long count)
        where T : unmanaged => new(Context, count);

    /// <summary>Makes a stream on the rank's GPU.</summary>
    /// <returns>A stream, to be disposed; null on the CPU, where no stream is needed.</returns>
    /// <exception cref="GpuException">The driver cannot make one.</exception>
    public GpuStream? CreateStream() => Context is null ? null : new GpuStream(Context);

    /// <inheritdoc/>
    public override string ToString() => IsLocal
        ? $"rank {Index} on {Context?.Device.ToString() ?? "the CPU"}" : $"rank {Index} of another process";
}
