using System.Diagnostics;

namespace Fusion.Compiler.Tests.Infrastructure;

/// <summary>The headers of the package Fusion.Cccl, fetched once a checkout.</summary>
internal static class CcclHeaders
{
    private static readonly Lazy<string> Fetched = new(Fetch);

    /// <summary>Folder of libcu++ and CUB, without the two headers that the package adds.</summary>
    public static string Folder => Fetched.Value;

    /// <summary>All folders that a compilation needs, in order.</summary>
    public static string[] Folders => [Own, Folder, Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "compat")];

    private static string Own => Path.Combine(NvrtcUnderTest.RepositoryRoot, "sdk", "cccl", "include");

    /// <summary>Writes a folder as the package has it.</summary>
    /// <param name="folder">Full path of a folder that is not there.</param>
    public static string Unpack(string folder)
    {
        foreach (var from in new[] { Folder, Own })
        {
            foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(folder, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }
        }

        return folder;
    }

    private static string Fetch()
    {
        var folder = Path.Combine(NvrtcUnderTest.RepositoryRoot, "artifacts", "cccl");
        if (!File.Exists(Path.Combine(folder, "fetched")))
        {
            var start = new ProcessStartInfo("bash", [Path.Combine(NvrtcUnderTest.RepositoryRoot, "sdk", "cccl", "fetch-cccl.sh"), folder])
            {
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"The headers of CCCL, which these tests need, could not be fetched:\n{said}");
        }

        return Path.Combine(folder, "include");
    }
}
