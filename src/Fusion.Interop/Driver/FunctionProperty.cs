namespace Fusion.Interop.Driver;

/// <summary>What can be asked of a function or set (<c>CUfunction_attribute</c>).</summary>
public enum FunctionProperty
{
    /// <summary>The most threads a block may have with the function's registers and launch bounds.</summary>
    MaxThreadsPerBlock = 0,

    /// <summary>Static shared memory in bytes.</summary>
    SharedSizeBytes = 1,

    /// <summary>The most dynamic shared memory in bytes; may be set.</summary>
    MaxDynamicSharedSizeBytes = 8,

    /// <summary>Whether clusters larger than every GPU has may be used; may be set.</summary>
    NonPortableClusterSizeAllowed = 14,
}
