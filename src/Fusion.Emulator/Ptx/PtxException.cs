namespace Fusion.Emulation.Ptx;

/// <summary>A module that the emulator does not load. The message begins with a FUSION6nnn code.</summary>
internal sealed class PtxException : Exception
{
    /// <summary>Code of a text that is not PTX.</summary>
    public const string Malformed = EmulatorErrorCodes.Malformed;

    /// <summary>Code of PTX that the emulator cannot run.</summary>
    public const string Unsupported = EmulatorErrorCodes.Unsupported;

    /// <summary>Code of an image without PTX.</summary>
    public const string NoPtx = EmulatorErrorCodes.NoPtx;

    /// <summary>Code of PTX for a newer chip.</summary>
    public const string NewerTarget = EmulatorErrorCodes.NewerTarget;

    public PtxException(string code, string text)
        : base($"{code}: {text}") => Code = code;

    public string Code { get; }

    public static PtxException At(int line, string text) => new(Malformed, $"line {line} of the PTX: {text}");

    /// <summary>Makes the error about an instruction of a kernel that the emulator does not have.</summary>
    public static PtxException CannotRun(string kernel, PtxInstruction instruction, string? why = null) => new(
        Unsupported, $"the emulator does not run '{instruction.Text}', which the kernel '{kernel}' has in line {instruction.Line} of " +
        $"the PTX{(instruction.Source is null ? "" : $" ({instruction.Source})")}{(why is null ? "" : $": {why}")}.");
}
