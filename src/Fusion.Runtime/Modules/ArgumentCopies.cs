using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>A thread's copies of large arguments: native memory that is used round and round, so that an argument can be kept in a
/// variable without pointing to what has moved, and a launch allocates nothing.</summary>
internal sealed unsafe class ArgumentCopies
{
    /// <summary>More than all parameters of a kernel can have together, twice.</summary>
    public const int Capacity = 64 * 1024;

    /// <summary>The most bytes of a kernel's parameters, since CUDA 12.1.</summary>
    public const int Largest = 32764;

    private const int Alignment = 16;

    // Positions of a thread are its own: its number is above them.
    private const int PositionBits = 40;

    private static long threads;

    [ThreadStatic]
    private static ArgumentCopies? ofThread;

    private readonly byte* memory = (byte*)NativeMemory.AlignedAlloc(Capacity, Alignment);

    // Where the next copy starts, modulo the capacity; counts up.
    private readonly ulong start = (ulong)Interlocked.Increment(ref threads) << PositionBits;
    private ulong end;

    private ArgumentCopies() => end = start;

    ~ArgumentCopies() => NativeMemory.AlignedFree(memory);

    /// <summary>Those of the calling thread.</summary>
    public static ArgumentCopies OfThread => ofThread ??= new();

    /// <summary>Copies a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="position">What <see cref="Has"/> is to be asked with.</param>
    /// <exception cref="ArgumentException">It is too large for any kernel.</exception>
    public byte* Add<T>(ref readonly T value, out ulong position)
        where T : unmanaged
    {
        if (sizeof(T) > Largest)
        {
            throw new ArgumentException(
                $"{typeof(T)} has {sizeof(T)} bytes, but a kernel has at most {Largest} of parameters; pass its address in the GPU's memory.");
        }

        var size = (ulong)((sizeof(T) + Alignment - 1) / Alignment * Alignment);
        // A copy is in one piece.
        if ((end % Capacity) + size > Capacity) end += Capacity - (end % Capacity);
        var place = memory + (end % Capacity);
        position = end;
        end += size;
        Unsafe.CopyBlock(place, Unsafe.AsPointer(ref Unsafe.AsRef(in value)), (uint)sizeof(T));
        return place;
    }

    /// <summary>Whether a copy is of this thread and was not overwritten.</summary>
    /// <param name="place">Its address.</param>
    /// <param name="position">Its position.</param>
    public bool Has(byte* place, ulong position) =>
        position >= start && position < end && end - position <= Capacity && place == memory + (position % Capacity);
}
