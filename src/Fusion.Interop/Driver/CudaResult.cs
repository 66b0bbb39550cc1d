namespace Fusion.Interop.Driver;

/// <summary>What a driver function returns (<c>CUresult</c>). Only results that callers tell apart have a member;
/// <see cref="ErrorFunctions"/> names them all.</summary>
public enum CudaResult
{
    /// <summary>It worked.</summary>
    Success = 0,

    /// <summary>An argument is out of its range.</summary>
    InvalidValue = 1,

    /// <summary>Not enough device memory.</summary>
    OutOfMemory = 2,

    /// <summary>The library is the toolkit's stub for linkers, not a driver.</summary>
    StubLibrary = 34,

    /// <summary>The driver sees no GPU.</summary>
    NoDevice = 100,

    /// <summary>The image is no code that this driver can read.</summary>
    InvalidImage = 200,

    /// <summary>The image holds no code for this GPU.</summary>
    NoBinaryForGpu = 209,

    /// <summary>The PTX could not be compiled.</summary>
    InvalidPtx = 218,

    /// <summary>The PTX is newer than the driver.</summary>
    UnsupportedPtxVersion = 222,

    /// <summary>A name was not found.</summary>
    NotFound = 500,

    /// <summary>Work is not done yet.</summary>
    NotReady = 600,

    /// <summary>A kernel used an address that it must not; the context is lost.</summary>
    IllegalAddress = 700,

    /// <summary>A block needs more registers or shared memory than there are.</summary>
    LaunchOutOfResources = 701,

    /// <summary>The context may use the other's memory already.</summary>
    PeerAccessAlreadyEnabled = 704,

    /// <summary>A kernel used a misaligned address; the context is lost.</summary>
    MisalignedAddress = 716,

    /// <summary>A kernel failed; the context is lost.</summary>
    LaunchFailed = 719,

    /// <summary>Kernel module and library of the driver have different versions.</summary>
    SystemDriverMismatch = 803,

    /// <summary>A stream of the context is recorded, which forbids the question.</summary>
    StreamCaptureUnsupported = 900,
}
