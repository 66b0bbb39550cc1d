namespace Fusion.Runtime;

/// <summary>Codes of this library's errors (<see cref="IFusionError.Code"/>). A code has one class of exceptions and a page in
/// <c>docs/diagnostics</c>.</summary>
public static class ErrorCodes
{
    /// <summary><see cref="KernelLoadException"/>: an assembly carries no kernels.</summary>
    public const string NoKernels = "FUSION2001";

    /// <summary><see cref="KernelLoadException"/>: an assembly's kernel manifest cannot be read.</summary>
    public const string Manifest = "FUSION2002";

    /// <summary><see cref="KernelLoadException"/>: no image of a module runs on the GPU.</summary>
    public const string NoSuitableImage = "FUSION2003";

    /// <summary><see cref="KernelLoadException"/>: the driver is too old for the kernels.</summary>
    public const string DriverTooOld = "FUSION2004";

    /// <summary><see cref="KernelLoadException"/>: an embedded image was changed.</summary>
    public const string CorruptedImage = "FUSION2005";

    /// <summary><see cref="NoGpuException"/>: the machine has no CUDA driver.</summary>
    public const string NoDriver = "FUSION2006";

    /// <summary><see cref="NoGpuException"/>: there is no GPU of the ordinal.</summary>
    public const string NoGpu = "FUSION2007";

    /// <summary><see cref="FusionArgumentException"/>: there is no kernel of the name.</summary>
    public const string KernelNotFound = "FUSION2008";

    /// <summary><see cref="FusionArgumentException"/>: several modules have a kernel of the name.</summary>
    public const string AmbiguousKernel = "FUSION2009";

    /// <summary><see cref="KernelLoadException"/>: a kernel in the image is not as the manifest says.</summary>
    public const string KernelMismatch = "FUSION2010";

    /// <summary><see cref="FusionArgumentException"/>: the arguments do not fit the kernel.</summary>
    public const string KernelArgument = "FUSION2011";

    /// <summary><see cref="GpuException"/>: the CUDA driver reports an error.</summary>
    public const string Gpu = "FUSION2012";

    /// <summary><see cref="FusionArgumentException"/>: a kernel cannot be launched in the shape.</summary>
    public const string LaunchShape = "FUSION2013";

    /// <summary><see cref="KernelLoadException"/>: a generated launcher or accessor does not fit its kernel or variable.</summary>
    public const string LauncherMismatch = "FUSION2014";

    /// <summary><see cref="FusionArgumentException"/>: a stream or address of another library is of another context.</summary>
    public const string ForeignHandle = "FUSION2015";

    /// <summary><see cref="FusionArgumentException"/>: there is no variable of the name, or there are several.</summary>
    public const string GlobalNotFound = "FUSION2016";

    /// <summary><see cref="FusionArgumentException"/>: a variable's size is no whole number of elements.</summary>
    public const string GlobalSize = "FUSION2017";

    /// <summary><see cref="FusionArgumentException"/>: a tensor map cannot describe the tensor.</summary>
    public const string TensorMap = "FUSION2018";

    /// <summary><see cref="FusionArgumentException"/>: a value of the options or of a call is wrong.</summary>
    public const string AllReduceArgument = "FUSION3001";

    /// <summary><see cref="FusionArgumentException"/>: a call has more tokens than the operation was made for.</summary>
    public const string Capacity = "FUSION3002";

    /// <summary><see cref="FusionDataException"/>: a policy is wrong, or its file cannot be read.</summary>
    public const string Policy = "FUSION3003";

    /// <summary><see cref="FusionArgumentException"/>: the strategy that was asked for is not possible.</summary>
    public const string PlanRefused = "FUSION3004";

    /// <summary><see cref="FusionArgumentException"/>: an address is not in the memory of the rank's GPU.</summary>
    public const string WrongMemory = "FUSION3005";

    /// <summary><see cref="FusionArgumentException"/>: an output overlaps another tensor.</summary>
    public const string Overlap = "FUSION3006";

    /// <summary><see cref="FusionArgumentException"/>: no group has so many ranks.</summary>
    public const string WorldSize = "FUSION4001";

    /// <summary><see cref="RankGroupException"/>: a GPU cannot use another one's memory.</summary>
    public const string NoPeerAccess = "FUSION4002";

    /// <summary><see cref="RankGroupException"/>: bytes do not arrive in another GPU's memory.</summary>
    public const string PeerCheck = "FUSION4003";

    /// <summary><see cref="RankGroupException"/>: the ranks have different plans.</summary>
    public const string PlanMismatch = "FUSION4004";

    /// <summary><see cref="PeerTimeoutException"/>: a rank waited for another one in vain.</summary>
    public const string PeerTimeout = "FUSION4005";

    /// <summary><see cref="FusionArgumentException"/>: streams, threads and ranks do not go together.</summary>
    public const string StreamConflict = "FUSION4006";

    /// <summary><see cref="ResetRequiredException"/>: the operation failed before and was not reset.</summary>
    public const string ResetRequired = "FUSION4007";

    /// <summary><see cref="RankGroupException"/>: the ranks do not fit on the GPU.</summary>
    public const string CoResidency = "FUSION4008";

    /// <summary><see cref="RankGroupException"/>: the ranks' calls are not the same.</summary>
    public const string CallMismatch = "FUSION4009";

    /// <summary><see cref="NcclException"/>: NCCL is not on the machine.</summary>
    public const string NoNccl = "FUSION4010";

    /// <summary><see cref="NcclException"/>: NCCL refused or failed.</summary>
    public const string Nccl = "FUSION4011";

    /// <summary><see cref="PeerGoneException"/>: a rank of another process is gone.</summary>
    public const string PeerGone = "FUSION4012";
}
