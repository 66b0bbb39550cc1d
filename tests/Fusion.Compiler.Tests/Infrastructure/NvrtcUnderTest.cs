using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>The NVRTC versions that the tests run with, fetched once a checkout.</summary>
internal static class NvrtcUnderTest
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Folders = new();

    public static string RepositoryRoot { get; } = typeof(NvrtcUnderTest).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>An NVRTC that precompiles headers, 12.8 or later: its library, folder or toolkit. Null where FUSION_TEST_NVRTC names none, for
    /// the versions that are fetched do not.</summary>
    public static string? ThatPrecompiles => Environment.GetEnvironmentVariable("FUSION_TEST_NVRTC");

    /// <summary>Folder that holds a version, as a toolkit's root would.</summary>
    public static string Folder(string version) => Folders.GetOrAdd(version, v => new Lazy<string>(() => Fetched(v))).Value;

    /// <summary>Full path of a version's library.</summary>
    public static string Library(string version) =>
        Path.Combine(Folder(version), "lib", version == "11.8" ? "libnvrtc.so.11.2" : "libnvrtc.so.12");

    private static string Fetched(string version)
    {
        var folder = Path.Combine(RepositoryRoot, "artifacts", "nvrtc", version);
        if (File.Exists(Path.Combine(folder, "fetched"))) return folder;

        // Of two that fetch at once, the script lets the second wait for the first.
        var start = new ProcessStartInfo("bash", [Path.Combine(RepositoryRoot, "sdk", "nvrtc", "fetch-nvrtc.sh"), version, folder])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? folder
            : throw new InvalidOperationException($"NVRTC {version}, which these tests need, could not be fetched:\n{said}");
    }
}
