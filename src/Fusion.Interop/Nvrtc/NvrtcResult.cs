namespace Fusion.Interop.Nvrtc;

/// <summary>What NVRTC's functions return. <see cref="NvrtcLibrary.NameOf"/> names every value, these and later ones.</summary>
/// <remarks>Source: NVRTC documentation, "Error Handling".</remarks>
public enum NvrtcResult
{
    /// <summary>It worked.</summary>
    Success = 0,

    /// <summary>NVRTC ran out of memory.</summary>
    OutOfMemory = 1,

    /// <summary>NVRTC could not create the program.</summary>
    ProgramCreationFailure = 2,

    /// <summary>An argument is not valid.</summary>
    InvalidInput = 3,

    /// <summary>There is no such program.</summary>
    InvalidProgram = 4,

    /// <summary>An option is not known, or its value is not valid; the log names it.</summary>
    InvalidOption = 5,

    /// <summary>The source has errors; the log lists them.</summary>
    Compilation = 6,

    /// <summary>The builtins library was not found, or is one of another version.</summary>
    BuiltinOperationFailure = 7,

    /// <summary>A name expression was added to a compiled program.</summary>
    NoNameExpressionsAfterCompilation = 8,

    /// <summary>A lowered name was asked for before compilation.</summary>
    NoLoweredNamesBeforeCompilation = 9,

    /// <summary>That name expression was not added.</summary>
    NameExpressionNotValid = 10,

    /// <summary>A fault of NVRTC itself.</summary>
    InternalError = 11,
}

/// <summary>A function of NVRTC failed that should not. Errors in a source are no exception: they are in the log.</summary>
/// <param name="result">What it returned.</param>
/// <param name="message">Which function of which NVRTC.</param>
public sealed class NvrtcException(NvrtcResult result, string message) : Exception(message)
{
    /// <summary>What the function returned.</summary>
    public NvrtcResult Result { get; } = result;
}
