using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>How many streams of a process reach a GPU independently. The driver's default is 8; two streams that share a queue
/// wait for each other's kernels, which for ranks that wait for each other is for ever: more than 8 ranks on a GPU, each with
/// a second kernel behind its first, would run into their timeout.</summary>
internal static partial class HardwareQueues
{
    private const string Variable = "CUDA_DEVICE_MAX_CONNECTIONS";
    private const string Most = "32";

    /// <summary>Asks for as many as there can be, unless the user has set a number. Has an effect only before the driver is
    /// initialized in this process.</summary>
    public static void Ask()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null) return;
        Environment.SetEnvironmentVariable(Variable, Most);
        // On Unix, .NET keeps variables to itself; the driver asks the C library.
        if (!OperatingSystem.IsWindows()) _ = SetVariable(Variable, Most, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
