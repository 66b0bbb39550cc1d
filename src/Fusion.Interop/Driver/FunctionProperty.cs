namespace Fusion.Interop.Driver;

/// <summary>Attribute of a kernel, to be read or set (<c>CUfunction_attribute</c>).</summary>
public enum FunctionProperty
{
    /// <summary>Largest number of threads of a block, with the kernel's registers and launch bounds.</summary>
    MaxThreadsPerBlock = 0,

    /// <summary>Static shared memory of a block in bytes.</summary>
    SharedSizeBytes = 1,

    /// <summary>Largest dynamic shared memory of a block in bytes; may be set.</summary>
    MaxDynamicSharedSizeBytes = 8,

    /// <summary>Whether clusters larger than the portable size may be used; may be set.</summary>
    NonPortableClusterSizeAllowed = 14,
}
