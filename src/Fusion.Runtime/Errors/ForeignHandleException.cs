using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A stream or address of another library does not belong to the context that it was given for. Nothing was
/// launched.</summary>
public sealed class ForeignHandleException : FusionException
{
    private ForeignHandleException(ulong handle, string message)
        : base(ErrorCodes.ForeignHandle, message) => Handle = handle;

    /// <summary>Handle of the stream, or the address.</summary>
    public ulong Handle { get; }

    internal static ForeignHandleException OfAddress(ulong address, string found, string expected, string advice) =>
        new(address, Text($"The address 0x{address:x} is {found}; expected {expected}. {advice}"));

    internal static ForeignHandleException OfStream(nint stream, nint found, nint expected) => new((ulong)stream, Text(
        $"The stream 0x{stream:x} is of the context 0x{found:x}; expected a stream of the context 0x{expected:x}. ") +
        "Wrap the context that the other library works in: GpuContext.FromHandle.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
