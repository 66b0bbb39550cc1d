namespace Fusion.Runtime;

/// <summary>Codes of this library's exceptions (<see cref="FusionException.Code"/>).</summary>
public static class ErrorCodes
{
    /// <summary><see cref="NoKernelsException"/>.</summary>
    public const string NoKernels = "FUSION2001";

    /// <summary><see cref="ManifestException"/>.</summary>
    public const string Manifest = "FUSION2002";

    /// <summary><see cref="NoSuitableImageException"/>.</summary>
    public const string NoSuitableImage = "FUSION2003";

    /// <summary><see cref="DriverTooOldException"/>.</summary>
    public const string DriverTooOld = "FUSION2004";

    /// <summary><see cref="CorruptedImageException"/>.</summary>
    public const string CorruptedImage = "FUSION2005";

    /// <summary><see cref="NoDriverException"/>.</summary>
    public const string NoDriver = "FUSION2006";

    /// <summary><see cref="NoGpuException"/>.</summary>
    public const string NoGpu = "FUSION2007";

    /// <summary><see cref="KernelNotFoundException"/>.</summary>
    public const string KernelNotFound = "FUSION2008";

    /// <summary><see cref="AmbiguousKernelException"/>.</summary>
    public const string AmbiguousKernel = "FUSION2009";

    /// <summary><see cref="KernelMismatchException"/>.</summary>
    public const string KernelMismatch = "FUSION2010";

    /// <summary><see cref="KernelArgumentException"/>.</summary>
    public const string KernelArgument = "FUSION2011";

    /// <summary><see cref="GpuException"/>.</summary>
    public const string Gpu = "FUSION2012";

    /// <summary><see cref="LaunchShapeException"/>.</summary>
    public const string LaunchShape = "FUSION2013";

    /// <summary><see cref="LauncherMismatchException"/>.</summary>
    public const string LauncherMismatch = "FUSION2014";

    /// <summary><see cref="ForeignHandleException"/>.</summary>
    public const string ForeignHandle = "FUSION2015";

    /// <summary><see cref="GlobalNotFoundException"/>.</summary>
    public const string GlobalNotFound = "FUSION2016";

    /// <summary><see cref="GlobalSizeException"/>.</summary>
    public const string GlobalSize = "FUSION2017";

    /// <summary><see cref="AllReduceArgumentException"/>.</summary>
    public const string AllReduceArgument = "FUSION3001";

    /// <summary><see cref="CapacityException"/>.</summary>
    public const string Capacity = "FUSION3002";

    /// <summary><see cref="PolicyException"/>.</summary>
    public const string Policy = "FUSION3003";

    /// <summary><see cref="PlanRefusedException"/>.</summary>
    public const string PlanRefused = "FUSION3004";

    /// <summary><see cref="WrongMemoryException"/>.</summary>
    public const string WrongMemory = "FUSION3005";

    /// <summary><see cref="OverlapException"/>.</summary>
    public const string Overlap = "FUSION3006";

    /// <summary><see cref="WorldSizeException"/>.</summary>
    public const string WorldSize = "FUSION4001";

    /// <summary><see cref="NoPeerAccessException"/>.</summary>
    public const string NoPeerAccess = "FUSION4002";

    /// <summary><see cref="PeerCheckException"/>.</summary>
    public const string PeerCheck = "FUSION4003";

    /// <summary><see cref="PlanMismatchException"/>.</summary>
    public const string PlanMismatch = "FUSION4004";

    /// <summary><see cref="PeerTimeoutException"/>.</summary>
    public const string PeerTimeout = "FUSION4005";

    /// <summary><see cref="StreamConflictException"/>.</summary>
    public const string StreamConflict = "FUSION4006";

    /// <summary><see cref="ResetRequiredException"/>.</summary>
    public const string ResetRequired = "FUSION4007";

    /// <summary><see cref="CoResidencyException"/>.</summary>
    public const string CoResidency = "FUSION4008";

    /// <summary><see cref="CallMismatchException"/>.</summary>
    public const string CallMismatch = "FUSION4009";

    /// <summary><see cref="NoNcclException"/>.</summary>
    public const string NoNccl = "FUSION4010";

    /// <summary><see cref="NcclException"/>.</summary>
    public const string Nccl = "FUSION4011";
}
