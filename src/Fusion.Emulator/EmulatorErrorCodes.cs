namespace Fusion.Emulation;

/// <summary>Codes of the emulator's errors. They stand in the message of the exception that the library on top throws.</summary>
public static class EmulatorErrorCodes
{
    /// <summary>A text is not PTX.</summary>
    public const string Malformed = "FUSION6001";

    /// <summary>PTX has something that the emulator cannot run.</summary>
    public const string Unsupported = "FUSION6002";

    /// <summary>An image has machine code and no PTX.</summary>
    public const string NoPtx = "FUSION6003";

    /// <summary>PTX is for a newer chip than the emulated one.</summary>
    public const string NewerTarget = "FUSION6004";

    /// <summary>A kernel made a mistake (<see cref="KernelFault"/>).</summary>
    public const string KernelFault = "FUSION6005";

    /// <summary>A copy and other work use the same memory, and nothing orders them (<see cref="FaultKind.MissingSynchronization"/>).</summary>
    public const string MissingSynchronization = "FUSION6006";

    /// <summary>Lines of a kernel cannot be counted, because its PTX does not say them (<see cref="EmulatorOptions.CoverageFile"/>).</summary>
    public const string NoLines = "FUSION6007";
}
