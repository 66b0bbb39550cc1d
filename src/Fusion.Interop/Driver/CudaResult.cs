namespace Fusion.Interop.Driver;

/// <summary>Result of a function of the driver (<c>CUresult</c>). Only results that callers distinguish have a member;
/// <see cref="ErrorFunctions"/> names all.</summary>
public enum CudaResult
{
    /// <summary>The call succeeded.</summary>
    Success = 0,

    /// <summary>An argument is out of range.</summary>
    InvalidValue = 1,

    /// <summary>There is not enough device memory.</summary>
    OutOfMemory = 2,

    /// <summary>The library is the toolkit's stub for linkers, not a driver.</summary>
    StubLibrary = 34,

    /// <summary>The driver sees no GPU.</summary>
    NoDevice = 100,

    /// <summary>The driver cannot read the image.</summary>
    InvalidImage = 200,

    /// <summary>The image has no code for this GPU.</summary>
    NoBinaryForGpu = 209,

    /// <summary>The memory of the GPU has an error that it could not correct.</summary>
    EccUncorrectable = 214,

    /// <summary>The driver could not compile the PTX.</summary>
    InvalidPtx = 218,

    /// <summary>A link between GPUs has an error that it could not correct.</summary>
    NvlinkUncorrectable = 220,

    /// <summary>The PTX is newer than the driver.</summary>
    UnsupportedPtxVersion = 222,

    /// <summary>A name was not found.</summary>
    NotFound = 500,

    /// <summary>Work is not done yet.</summary>
    NotReady = 600,

    /// <summary>A kernel used an address that it must not; the context is lost.</summary>
    IllegalAddress = 700,

    /// <summary>A block needs more registers or shared memory than the GPU has.</summary>
    LaunchOutOfResources = 701,

    /// <summary>A kernel ran longer than the system allows.</summary>
    LaunchTimeout = 702,

    /// <summary>Peer access is enabled already.</summary>
    PeerAccessAlreadyEnabled = 704,

    /// <summary>The context was destroyed.</summary>
    ContextIsDestroyed = 709,

    /// <summary>A device-side assertion failed.</summary>
    Assert = 710,

    /// <summary>A kernel damaged its call stack.</summary>
    HardwareStackError = 714,

    /// <summary>A kernel met an instruction that the GPU does not know.</summary>
    IllegalInstruction = 715,

    /// <summary>A kernel used a misaligned address; the context is lost.</summary>
    MisalignedAddress = 716,

    /// <summary>A kernel used an address in the wrong kind of memory.</summary>
    InvalidAddressSpace = 717,

    /// <summary>A kernel jumped to where no code is.</summary>
    InvalidPc = 718,

    /// <summary>A kernel failed; the context is lost.</summary>
    LaunchFailed = 719,

    /// <summary>The driver's kernel module and its library have different versions.</summary>
    SystemDriverMismatch = 803,

    /// <summary>The recording of a stream of the context forbids the call.</summary>
    StreamCaptureUnsupported = 900,
}
