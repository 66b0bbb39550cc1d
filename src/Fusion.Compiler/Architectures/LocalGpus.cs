using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Manifest;

namespace Fusion.Compiler.Architectures;

/// <summary>The GPUs of this machine, as the driver lists them.</summary>
internal static unsafe class LocalGpus
{
    private const int ComputeCapabilityMajor = 75;
    private const int ComputeCapabilityMinor = 76;

    /// <summary>Asks the driver.</summary>
    /// <param name="failure">Why there is none; empty if there is one.</param>
    /// <returns>Each capability once.</returns>
    public static IReadOnlyList<ComputeCapability> Find(out string failure)
    {
        nint library = 0;
        if (!LibraryNames.Driver.Any(name => NativeLibrary.TryLoad(name, out library)))
        {
            failure = $"this machine has no CUDA driver ({string.Join(", ", LibraryNames.Driver)})";
            return [];
        }

        var init = (delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, "cuInit");
        var getCount = (delegate* unmanaged<int*, int>)NativeLibrary.GetExport(library, "cuDeviceGetCount");
        var get = (delegate* unmanaged<int*, int, int>)NativeLibrary.GetExport(library, "cuDeviceGet");
        var getAttribute = (delegate* unmanaged<int*, int, int, int>)NativeLibrary.GetExport(library, "cuDeviceGetAttribute");
        int count = 0;
        var result = init(0);
        if (result == 0) result = getCount(&count);
        var found = new SortedSet<ComputeCapability>();
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            int device, major, minor;
            if (get(&device, ordinal) == 0
                && getAttribute(&major, ComputeCapabilityMajor, device) == 0
                && getAttribute(&minor, ComputeCapabilityMinor, device) == 0)
            {
                found.Add(new ComputeCapability(major, minor));
            }
        }

        failure = found.Count > 0 ? "" : $"the CUDA driver lists no GPU (result {result})";
        return [.. found];
    }
}
