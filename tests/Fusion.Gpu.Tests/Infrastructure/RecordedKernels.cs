using System.Runtime.InteropServices;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Which kernels some work would launch: it is recorded, and the driver asked for the names.</summary>
internal static unsafe class RecordedKernels
{
    // cuGraphKernelNodeGetParams_v2 fills 72 bytes; the function comes first.
    private const int ParameterWords = 9;

    /// <summary>Records the work without doing it.</summary>
    /// <param name="stream">The stream that the work goes into.</param>
    /// <param name="work">The work: kernels alone.</param>
    /// <returns>The kernels' names, in order; null if the driver cannot tell.</returns>
    public static List<string>? NamesOf(GpuStream stream, Action work)
    {
        var library = NativeLibrary.Load("libcuda.so.1");
        if (!NativeLibrary.TryGetExport(library, "cuFuncGetName", out var getName)) return null;
        var getNodes = (delegate* unmanaged<nint, nint*, nuint*, int>)NativeLibrary.GetExport(library, "cuGraphGetNodes");
        var getParameters = (delegate* unmanaged<nint, nint*, int>)NativeLibrary.GetExport(library, "cuGraphKernelNodeGetParams_v2");

        stream.Context.MakeCurrent();
        Check((int)GpuDriver.Library.Capture.Begin(stream.Handle, CaptureMode.ThreadLocal));
        nint graph = 0;
        try
        {
            work();
        }
        finally
        {
            Check((int)GpuDriver.Library.Capture.End(stream.Handle, out graph));
        }

        nuint count = 0;
        Check(getNodes(graph, null, &count));
        var nodes = new nint[count];
        fixed (nint* first = nodes) Check(getNodes(graph, first, &count));
        var names = new List<string>();
        var parameters = stackalloc nint[ParameterWords];
        foreach (var node in nodes)
        {
            Check(getParameters(node, parameters));
            byte* name = null;
            Check(((delegate* unmanaged<byte**, nint, int>)getName)(&name, parameters[0]));
            names.Add(Marshal.PtrToStringUTF8((nint)name)!);
        }

        Check((int)GpuDriver.Library.Graph.Destroy(graph));
        return names;
    }

    private static void Check(int result) => Assert.That(result, Is.Zero, "a call of the driver");
}
