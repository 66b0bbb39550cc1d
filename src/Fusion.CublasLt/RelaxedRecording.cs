using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Allows the calling thread to allocate memory and to load kernels while a stream is being recorded, until it is disposed:
/// neither is work of a stream, and cuBLASLt loads kernels at their first use.</summary>
internal readonly ref struct RelaxedRecording
{
    private readonly CaptureMode before;

    private RelaxedRecording(CaptureMode before) => this.before = before;

    public static RelaxedRecording Begin()
    {
        var mode = CaptureMode.Relaxed;
        GpuDriver.Check(GpuDriver.Library.Capture.ExchangeThreadMode(ref mode), "cuThreadExchangeStreamCaptureMode");
        return new(mode);
    }

    public void Dispose()
    {
        var mode = before;
        _ = GpuDriver.Library.Capture.ExchangeThreadMode(ref mode);
    }
}
