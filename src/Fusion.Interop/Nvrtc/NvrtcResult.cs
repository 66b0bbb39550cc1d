namespace Fusion.Interop.Nvrtc;

/// <summary>Result of a function of NVRTC. <see cref="NvrtcLibrary.NameOf"/> names every value, including later
/// ones.</summary>
/// <remarks>Source: NVRTC documentation, "Error Handling".</remarks>
public enum NvrtcResult
{
    /// <summary>The call succeeded.</summary>
    Success = 0,

    /// <summary>NVRTC ran out of memory.</summary>
    OutOfMemory = 1,

    /// <summary>NVRTC could not create the program.</summary>
    ProgramCreationFailure = 2,

    /// <summary>An argument is invalid.</summary>
    InvalidInput = 3,

    /// <summary>The program does not exist.</summary>
    InvalidProgram = 4,

    /// <summary>An option is unknown or its value is invalid; the log names it.</summary>
    InvalidOption = 5,

    /// <summary>The source has errors; the log lists them.</summary>
    Compilation = 6,

    /// <summary>The builtins library was not found, or has another version.</summary>
    BuiltinOperationFailure = 7,

    /// <summary>A name expression was added to a compiled program.</summary>
    NoNameExpressionsAfterCompilation = 8,

    /// <summary>A lowered name was asked for before compilation.</summary>
    NoLoweredNamesBeforeCompilation = 9,

    /// <summary>A name expression was not added.</summary>
    NameExpressionNotValid = 10,

    /// <summary>NVRTC has an internal fault.</summary>
    InternalError = 11,
}

/// <summary>A function of NVRTC failed unexpectedly. Errors in a source throw no exception; they are in the log.</summary>
/// <param name="result">Result of the function.</param>
/// <param name="message">Message that names the function and NVRTC's version.</param>
public sealed class NvrtcException(NvrtcResult result, string message) : Exception(message)
{
    /// <summary>Result of the function.</summary>
    public NvrtcResult Result { get; } = result;
}
