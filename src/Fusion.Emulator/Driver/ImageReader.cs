using System.Globalization;
using System.Runtime.InteropServices;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Driver;

/// <summary>Reads what a program gives to load: PTX that ends with a zero byte.</summary>
internal static unsafe class ImageReader
{
    /// <exception cref="PtxException">The emulator does not load the image.</exception>
    public static PreparedModule Read(byte* image, EmulatorOptions options)
    {
        // Of a cubin, and of a file that holds images for several chips.
        if (*(uint*)image is 0x464C_457F or 0xBA55_ED50)
        {
            throw new PtxException(
                PtxException.NoPtx, "the image is machine code, which the emulator cannot run. Add PTX to the project, for example with " +
                "'compute_80' in FusionArchitectures.");
        }

        var prepared = PreparedModule.Of(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(image));
        var target = prepared.Module.Target;
        var digits = new string([.. target.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit)]);
        if (!int.TryParse(digits, CultureInfo.InvariantCulture, out var number)) throw PtxException.At(1, $"the target '{target}' is unknown.");
        var capability = (options.Capability.Major * 10) + options.Capability.Minor;
        var isSpecific = target.EndsWith('a') || target.EndsWith('f');
        if (number > capability || (isSpecific && number != capability))
        {
            throw new PtxException(
                PtxException.NewerTarget, $"the PTX is for {target}, and the emulated GPU has compute capability {options.Capability}.");
        }

        return prepared;
    }
}
