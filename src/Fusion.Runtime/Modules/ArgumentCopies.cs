using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Ring buffer of a thread's copies of large arguments, in native memory: an argument stays valid when the original
/// value moves, and a launch allocates nothing.</summary>
internal sealed unsafe class ArgumentCopies
{
    /// <summary>Size of the buffer in bytes: twice what all parameters of a kernel can have together.</summary>
    public const int Capacity = 64 * 1024;

    /// <summary>Largest size of a kernel's parameters in bytes, since CUDA 12.1.</summary>
    public const int Largest = 32764;

    private const int Alignment = 16;

    // The bits above a position are the thread's number, so that no position is valid on two threads.
    private const int PositionBits = 40;

    private static long threads;

    [ThreadStatic]
    private static ArgumentCopies? ofThread;

    private readonly byte* memory = (byte*)NativeMemory.AlignedAlloc(Capacity, Alignment);

    // `end` is where the next copy starts, modulo the capacity; it only grows.
    private readonly ulong start = (ulong)Interlocked.Increment(ref threads) << PositionBits;
    private ulong end;

    private ArgumentCopies() => end = start;

    ~ArgumentCopies() => NativeMemory.AlignedFree(memory);

    /// <summary>Buffer of the calling thread.</summary>
    public static ArgumentCopies OfThread => ofThread ??= new();

    /// <summary>Copies a value into the buffer.</summary>
    /// <param name="value">The value.</param>
    /// <param name="position">Position of the copy, for <see cref="Has"/>.</param>
    /// <exception cref="ArgumentException">The value is larger than any kernel's parameters.</exception>
    public byte* Add<T>(ref readonly T value, out ulong position)
        where T : unmanaged
    {
        if (sizeof(T) > Largest)
        {
            throw new ArgumentException(
                $"{typeof(T)} has {sizeof(T)} bytes, but a kernel has at most {Largest} of parameters; pass its address in the GPU's memory.");
        }

        var size = (ulong)((sizeof(T) + Alignment - 1) / Alignment * Alignment);
        // A copy must not wrap around.
        if ((end % Capacity) + size > Capacity) end += Capacity - (end % Capacity);
        var place = memory + (end % Capacity);
        position = end;
        end += size;
        Unsafe.CopyBlock(place, Unsafe.AsPointer(ref Unsafe.AsRef(in value)), (uint)sizeof(T));
        return place;
    }

    /// <summary>Tells whether a copy is of this thread and was not overwritten.</summary>
    /// <param name="place">Address of the copy.</param>
    /// <param name="position">Position of the copy.</param>
    public bool Has(byte* place, ulong position) =>
        position >= start && position < end && end - position <= Capacity && place == memory + (position % Capacity);
}
