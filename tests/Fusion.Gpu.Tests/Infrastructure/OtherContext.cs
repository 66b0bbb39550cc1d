using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>A context of a GPU that is not its primary one, as some libraries make for themselves.</summary>
internal sealed unsafe class OtherContext : IDisposable
{
    private static readonly nint Driver = NativeLibrary.Load("libcuda.so.1");

    private readonly nint handle;

    public OtherContext(GpuDevice gpu)
    {
        var create = (delegate* unmanaged<nint*, uint, int, int>)NativeLibrary.GetExport(Driver, "cuCtxCreate_v2");
        fixed (nint* p = &handle) Assert.That(create(p, 0, gpu.Handle), Is.Zero, "cuCtxCreate");
        Context = GpuContext.FromHandle(handle);
    }

    public GpuContext Context { get; }

    public void Dispose()
    {
        Context.Dispose();
        _ = ((delegate* unmanaged<nint, int>)NativeLibrary.GetExport(Driver, "cuCtxDestroy_v2"))(handle);
    }
}
