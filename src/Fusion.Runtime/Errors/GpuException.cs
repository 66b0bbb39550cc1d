using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>The CUDA driver reports an error.</summary>
public sealed class GpuException : FusionException
{
    private GpuException(string message, CudaResult result, string name, string call)
        : base(ErrorCodes.Gpu, message) => (Result, ResultName, Call) = ((int)result, name, call);

    /// <summary>Result that the driver returned, a <c>CUresult</c>.</summary>
    public int Result { get; }

    /// <summary>Name of the result, such as CUDA_ERROR_OUT_OF_MEMORY.</summary>
    public string ResultName { get; }

    /// <summary>Whether the GPU's context is lost: a kernel failed in a way that CUDA cannot recover from, such as an illegal
    /// address. Every later call in this process fails too; end the process and start another one.</summary>
    public bool IsContextLost => (CudaResult)Result is CudaResult.IllegalAddress or CudaResult.MisalignedAddress or
        CudaResult.LaunchFailed or CudaResult.LaunchTimeout or CudaResult.IllegalInstruction or CudaResult.InvalidAddressSpace or
        CudaResult.InvalidPc or CudaResult.HardwareStackError or CudaResult.Assert or CudaResult.EccUncorrectable or
        CudaResult.NvlinkUncorrectable or CudaResult.ContextIsDestroyed;

    /// <summary>Name of the driver's function that returned it.</summary>
    public string Call { get; }

    internal static GpuException Of(CudaResult result, string call, string detail = "")
    {
        // What a driver did before an emulator was left is told without it.
        var error = GpuDriver.LibraryIfAny?.Error;
        return Of(result, error?.Name(result) ?? $"{result}", error?.Describe(result) ?? "", call, detail);
    }

    internal static GpuException Of(CudaResult result, string name, string meaning, string call, string detail = "")
    {
        var log = detail.Length == 0 ? "" : Environment.NewLine + detail;
        // The driver has no description of a result that is newer than it.
        var words = meaning.Length == 0 ? "" : $": {meaning}";
        return new($"{call} returned {name} ({(int)result}){words}.{Advice(result)}{log}", result, name, call);
    }

    private static string Advice(CudaResult result) => result switch
    {
        CudaResult.IllegalAddress or CudaResult.MisalignedAddress or CudaResult.LaunchFailed or CudaResult.IllegalInstruction or
            CudaResult.InvalidAddressSpace or CudaResult.InvalidPc or CudaResult.HardwareStackError or CudaResult.Assert =>
            " A kernel that ran before failed; the GPU cannot be used any more in this process. 'compute-sanitizer' shows " +
            "which access it was.",
        CudaResult.LaunchOutOfResources => " Launch smaller blocks, or compile the kernel with fewer registers.",
        CudaResult.OutOfMemory => " 'nvidia-smi' shows which processes use the GPU's memory.",
        CudaResult.SystemDriverMismatch =>
            " The driver was updated while its kernel module stayed loaded: restart the machine.",
        _ => "",
    };
}
