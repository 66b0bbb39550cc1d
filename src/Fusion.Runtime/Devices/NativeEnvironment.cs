using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Environment variables that this library sets for the CUDA driver and for NCCL in this process. They are set
/// once, before the driver starts, and never replace the user's own.</summary>
internal static partial class NativeEnvironment
{
    private static readonly Lock Gate = new();
    private static Setting[]? prepared;

    /// <summary>Variables, each with the value that is in force.</summary>
    public static IReadOnlyList<Setting> Settings => Prepare();

    /// <summary>Sets the variables that the user has not set. Later calls change nothing.</summary>
    public static IReadOnlyList<Setting> Prepare()
    {
        lock (Gate)
        {
            return prepared ??=
            [
                // The driver's default is 8. Streams that share a queue wait for each other's kernels, which for ranks that wait
                // for each other is until the timeout: more than 8 ranks on a GPU, each with a second kernel behind its first.
                SetDefault("CUDA_DEVICE_MAX_CONNECTIONS", "32", "number of streams that reach a GPU independently"),
                // Connections that NCCL makes at the first call of a size need all ranks at once, but one thread may launch
                // for the ranks one after the other: NCCL has to make all of them when it starts.
                SetDefault("NCCL_RUNTIME_CONNECT", "0", "when NCCL connects its ranks: 0 when it starts, 1 at a call"),
            ];
        }
    }

    private static Setting SetDefault(string name, string value, string meaning)
    {
        if (Environment.GetEnvironmentVariable(name) is { } own) return new(name, own, meaning, IsOwn: true);
        Environment.SetEnvironmentVariable(name, value);
        // On Unix, .NET has its own copy of the environment; native libraries read the C library's.
        if (!OperatingSystem.IsWindows()) _ = SetVariable(name, value, overwrite: 0);
        return new(name, value, meaning, IsOwn: false);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);

    /// <param name="Name">Name of the variable.</param>
    /// <param name="Value">Value of the variable.</param>
    /// <param name="Meaning">Meaning of the variable, in words.</param>
    /// <param name="IsOwn">Whether the user has set the variable.</param>
    public sealed record Setting(string Name, string Value, string Meaning, bool IsOwn);
}
