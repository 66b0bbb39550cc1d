using System.ComponentModel;

namespace Fusion.Runtime;

/// <summary>A <c>__constant__</c> or <c>__device__</c> variable of the project's kernels, which the build gives the class
/// <c>Kernels.Globals</c>. Each GPU has its own.</summary>
/// <remarks>The kernels are loaded on a GPU by <c>Kernels.Load</c>, or by the first use there. Members may be called from any
/// thread.</remarks>
/// <typeparam name="T">Type of the variable, or of its elements if it is an array.</typeparam>
public sealed class GlobalVariable<T>
    where T : unmanaged
{
    private readonly KernelLaunchers launchers;
    private readonly int index;

    /// <summary>Makes the accessor of a variable. For generated code.</summary>
    /// <param name="launchers">Kernels of the assembly.</param>
    /// <param name="index">Index of the variable's declaration.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public GlobalVariable(KernelLaunchers launchers, int index) => (this.launchers, this.index) = (launchers, index);

    /// <summary>Gets the variable's memory on a GPU, after loading the kernels there if necessary.</summary>
    /// <param name="context">Context of the GPU.</param>
    /// <returns>All elements of the variable, valid until the kernels' library is disposed, which its context does.</returns>
    /// <exception cref="FusionArgumentException">The image for this GPU does not have the variable: an <c>#if</c> left it out.</exception>
    /// <exception cref="KernelLoadException">A C# type of <c>FusionTypeMap</c> has another size than the one in C++.</exception>
    /// <exception cref="FusionException">The kernels cannot be loaded, as in <see cref="KernelLibrary.Load"/>.</exception>
    public DeviceSpan<T> On(GpuContext context) => launchers.GetGlobal<T>(context, index);

    /// <summary>Fills the variable from pinned memory, in a stream: kernels behind it see the values. The source must keep its
    /// content until the copy is done.</summary>
    /// <param name="stream">A stream of the GPU.</param>
    /// <param name="source">Values for the first elements, at most all: memory of a <see cref="PinnedBuffer{T}"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more values than elements.</exception>
    /// <exception cref="ArgumentException">The memory is not of a <see cref="PinnedBuffer{T}"/>.</exception>
    /// <exception cref="FusionException">As in <see cref="On"/>, or the driver refuses.</exception>
    public void CopyFrom(GpuStream stream, ReadOnlyMemory<T> source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        On(stream.Context).CopyFrom(stream, source);
    }

    /// <summary>Copies the variable to pinned memory, in a stream. The values are there when the stream's work is done.</summary>
    /// <param name="stream">A stream of the GPU.</param>
    /// <param name="destination">Memory whose start is filled, of as many elements at least as the variable has: memory of a
    /// <see cref="PinnedBuffer{T}"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The memory is shorter than the variable.</exception>
    /// <exception cref="ArgumentException">The memory is not of a <see cref="PinnedBuffer{T}"/>.</exception>
    /// <exception cref="FusionException">As in <see cref="On"/>, or the driver refuses.</exception>
    public void CopyTo(GpuStream stream, Memory<T> destination)
    {
        ArgumentNullException.ThrowIfNull(stream);
        On(stream.Context).CopyTo(stream, destination);
    }
}
