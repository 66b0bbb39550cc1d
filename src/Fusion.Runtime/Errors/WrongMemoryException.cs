using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An address in a call of an all-reduce is not in the memory of the rank's GPU. Nothing was launched, and the
/// group can still be used.</summary>
public sealed class WrongMemoryException : FusionException
{
    internal WrongMemoryException(string parameter, ulong address, MemoryPlace found, int gpu)
        : base(ErrorCodes.WrongMemory, Text(
            $"{parameter} of the all-reduce is at 0x{address:x}, {found.Words()}; allowed is memory of GPU {gpu}, ") +
            $"where this rank is. {Advice(found)} Nothing was launched.") =>
        (Parameter, Address, Gpu) = (parameter, address, gpu);

    /// <summary>Name of the tensor in <see cref="AllReduceCall"/>.</summary>
    public string Parameter { get; }

    /// <summary>Address of the tensor.</summary>
    public ulong Address { get; }

    /// <summary>Ordinal of the rank's GPU.</summary>
    public int Gpu { get; }

    private static string Advice(MemoryPlace found) => found.Kind == MemoryKind.Device
        ? "Pass each rank tensors of its own GPU."
        : "Copy the data to a buffer of the rank, Rank.Allocate, and pass that.";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
