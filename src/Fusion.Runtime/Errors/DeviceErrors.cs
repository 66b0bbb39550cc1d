using System.Globalization;
using Fusion.Interop;

namespace Fusion.Runtime;

/// <summary>Errors of finding a GPU and of handles of other libraries: FUSION2006, 2007 and 2015.</summary>
internal static class DeviceErrors
{
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    /// <summary>The machine has no CUDA driver.</summary>
    public static NoGpuException NoDriver(string reasons) => new(ErrorCodes.NoDriver,
        $"No CUDA driver: none of {string.Join(", ", LibraryNames.Driver)} could be used. Install NVIDIA's driver (in a " +
        $"container: start it with GPU access).{Environment.NewLine}{reasons}");

    /// <summary>The driver does not see the GPU that was asked for.</summary>
    public static NoGpuException NoGpu(int ordinal, int count)
    {
        var there = count switch
        {
            0 => "the driver sees no GPU",
            1 => "the driver sees one GPU, number 0",
            _ => $"the driver sees {count} GPUs, numbers 0 to {count - 1}",
        };
        var visible = Environment.GetEnvironmentVariable(VisibleDevices) is { } value
            ? $" {VisibleDevices} is '{value}', which may hide some."
            : "";
        return new(ErrorCodes.NoGpu,
            $"There is no GPU number {ordinal}: {there}.{visible} 'nvidia-smi' lists those of the machine.");
    }

    /// <summary>An address of another library is not what it was given for.</summary>
    public static FusionArgumentException ForeignAddress(ulong address, string found, string expected, string advice) =>
        new(ErrorCodes.ForeignHandle, nameof(address),
            Text($"The address 0x{address:x} is {found}; expected {expected}. {advice}"));

    /// <summary>A stream of another library is of another context.</summary>
    public static FusionArgumentException ForeignStream(nint stream, nint found, nint expected) => new(ErrorCodes.ForeignHandle, "handle",
        Text($"The stream 0x{stream:x} is of the context 0x{found:x}; expected a stream of the context 0x{expected:x}. ") +
        "Wrap the context that the other library works in: GpuContext.FromHandle.");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
