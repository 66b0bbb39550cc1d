using System.Globalization;
using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Environment variables that this library sets for the CUDA driver and for NCCL in this process. They are set
/// before the driver starts, and never replace the user's own.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Number of streams that reach a GPU independently, if the variable does not say another one.</summary>
    private const int ConnectionsOfTheDriver = 8;

    private const string Connections = "CUDA_DEVICE_MAX_CONNECTIONS";
    private static readonly Lock Gate = new();
    private static Setting[]? prepared;
    private static Setting? connections;
    private static bool isStarted;

    /// <summary>Variables that this library sets in every process, each with the value that is in force.</summary>
    public static IReadOnlyList<Setting> Settings
    {
        get
        {
            lock (Gate)
            {
                return prepared ??=
                [
                    // Connections that NCCL makes at the first call of a size need all ranks at once, but one thread may launch
                    // for the ranks one after the other: NCCL has to make all of them when it starts.
                    SetDefault("NCCL_RUNTIME_CONNECT", "0", "when NCCL connects its ranks: 0 when it starts, 1 at a call"),
                ];
            }
        }
    }

    /// <summary>Sets the variables that the user has not set; the driver starts now, and reads no variable later.</summary>
    public static void BeforeTheDriverStarts()
    {
        lock (Gate)
        {
            _ = Settings;
            isStarted = true;
        }
    }

    /// <summary>Lets many streams reach a GPU independently, for ranks that share one, if the driver has not started.</summary>
    /// <returns>Number of streams that reach a GPU independently.</returns>
    public static int AllowManyStreams()
    {
        lock (Gate)
        {
            // Streams that share a queue wait for each other's kernels, which for ranks that wait for each other is until the
            // timeout. Each queue costs a context 18 ms (H100, bench/results/cold-start.md), so only who needs them has them.
            if (connections is null && (!isStarted || Environment.GetEnvironmentVariable(Connections) is not null))
                connections = SetDefault(Connections, "32", "number of streams that reach a GPU independently");
            return int.TryParse(connections?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : ConnectionsOfTheDriver;
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
