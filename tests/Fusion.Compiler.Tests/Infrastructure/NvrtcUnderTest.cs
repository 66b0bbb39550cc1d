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

    /// <summary>Folder that holds a version, as a toolkit's root would.</summary>
    public static string Folder(string version) => Folders.GetOrAdd(version, v => new Lazy<string>(() => Fetched(v))).Value;

    /// <summary>Full path of a version's library.</summary>
    public static string Library(string version) =>
        Path.Combine(Folder(version), "lib", version == "11.8" ? "libnvrtc.so.11.2" : "libnvrtc.so.12");

    private static string Fetched(string version)
    {
        var parent = Path.Combine(RepositoryRoot, "artifacts", "nvrtc");
        var folder = Path.Combine(parent, version);
        var done = Path.Combine(folder, "fetched");
        if (File.Exists(done)) return folder;
        Directory.CreateDirectory(parent);
        using var mine = Lock(Path.Combine(parent, $"{version}.lock"));
        if (File.Exists(done)) return folder;

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

    private static FileStream Lock(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                Thread.Sleep(200);
            }
        }
    }
}
