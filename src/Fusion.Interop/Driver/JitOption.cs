namespace Fusion.Interop.Driver;

/// <summary>Options of loading a module (<c>CUjit_option</c>).</summary>
public enum JitOption
{
    /// <summary>Not an option that Fusion sets.</summary>
    None = 0,

    /// <summary>Where the driver's compiler writes its errors.</summary>
    ErrorLogBuffer = 5,

    /// <summary>Size of that buffer in bytes; afterwards, how much of it was used.</summary>
    ErrorLogBufferSizeBytes = 6,
}
