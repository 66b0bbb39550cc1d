namespace Fusion.Interop.Driver;

/// <summary>Option of loading a module (<c>CUjit_option</c>).</summary>
public enum JitOption
{
    /// <summary>Largest number of registers of a thread. Fusion does not set it.</summary>
    MaxRegisters = 0,

    /// <summary>Buffer into which the driver's compiler writes its errors.</summary>
    ErrorLogBuffer = 5,

    /// <summary>Size of the error buffer in bytes; after loading, the number of bytes used.</summary>
    ErrorLogBufferSizeBytes = 6,
}
