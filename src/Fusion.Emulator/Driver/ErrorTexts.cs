using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Fusion.Interop.Driver;

namespace Fusion.Emulation.Driver;

/// <summary>Names and descriptions of results. Where a kernel made a mistake, the description is the report about it.</summary>
internal static unsafe class ErrorTexts
{
    // Callers keep the texts for as long as they like.
    private static readonly ConcurrentDictionary<string, nint> Kept = new(StringComparer.Ordinal);

    private static readonly Dictionary<int, (string Name, string Text)> Known = new()
    {
        [0] = ("CUDA_SUCCESS", "no error"),
        [1] = ("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
        [2] = ("CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
        [101] = ("CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
        [201] = ("CUDA_ERROR_INVALID_CONTEXT", "invalid device context"),
        [205] = ("CUDA_ERROR_MAP_FAILED", "mapping of buffer object failed"),
        [209] = ("CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"),
        [217] = ("CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", "peer access is not supported between these two devices"),
        [218] = ("CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"),
        [304] = ("CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"),
        [400] = ("CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
        [500] = ("CUDA_ERROR_NOT_FOUND", "named symbol not found"),
        [600] = ("CUDA_ERROR_NOT_READY", "device not ready"),
        [700] = ("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
        [701] = ("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
        [702] = ("CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"),
        [704] = ("CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "peer access is already enabled"),
        [710] = ("CUDA_ERROR_ASSERT", "device-side assert triggered"),
        [715] = ("CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"),
        [716] = ("CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"),
        [719] = ("CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
        [720] = ("CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"),
        [801] = ("CUDA_ERROR_NOT_SUPPORTED", "operation not supported by the emulator"),
        [900] = ("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"),
        [901] = ("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"),
        [912] = ("CUDA_ERROR_INVALID_CLUSTER_SIZE", "misconfigured cluster launch"),
    };

    public static string? NameOf(CudaResult result) => Known.TryGetValue((int)result, out var known) ? known.Name : null;

    public static string? Describe(CudaResult result, DriverState? state)
    {
        var fault = state?.Machine.Gpus.FirstOrDefault(gpu => result != CudaResult.Success && DriverState.ResultOf(gpu) == result)?.Failure;
        return fault?.Message ?? (Known.TryGetValue((int)result, out var known) ? known.Text : null);
    }

    public static CudaResult Give(string? text, byte** to)
    {
        *to = text is null ? null : (byte*)Kept.GetOrAdd(text, Marshal.StringToCoTaskMemUTF8);
        return text is null ? CudaResult.InvalidValue : CudaResult.Success;
    }
}
