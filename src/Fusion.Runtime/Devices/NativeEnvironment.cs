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
            return prepared ??= [.. Wanted(!AppContext.TryGetSwitch(LoadErrors.BuiltInKernels, out var kept) || kept).Select(SetDefault)];
        }
    }

    /// <summary>Lists the values that this library wants.</summary>
    /// <param name="mayAllReduce">Whether the program may do an all-reduce: it was not built without the kernels for it.</param>
    internal static IEnumerable<Setting> Wanted(bool mayAllReduce)
    {
        if (!mayAllReduce) yield break;
        // The driver's default is 8. Streams that share a queue wait for each other's kernels, which for ranks that wait for each
        // other is until the timeout: more than 8 ranks on a GPU, each with a second kernel behind its first. Each queue costs a
        // context 18 ms (H100, bench/results/cold-start.md), and the driver reads the variable only when it starts.
        yield return new("CUDA_DEVICE_MAX_CONNECTIONS", "32", "number of streams that reach a GPU independently", false);
        // Connections that NCCL makes at the first call of a size need all ranks at once, but one thread may launch for the ranks
        // one after the other: NCCL has to make all of them when it starts.
        yield return new("NCCL_RUNTIME_CONNECT", "0", "when NCCL connects its ranks: 0 when it starts, 1 at a call", false);
    }

    private static Setting SetDefault(Setting wanted)
    {
        if (Environment.GetEnvironmentVariable(wanted.Name) is { } own) return wanted with { Value = own, IsOwn = true };
        Environment.SetEnvironmentVariable(wanted.Name, wanted.Value);
        // On Unix, .NET has its own copy of the environment; native libraries read the C library's.
        if (!OperatingSystem.IsWindows()) _ = SetVariable(wanted.Name, wanted.Value, overwrite: 0);
        return wanted;
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
