using System.Globalization;
using System.Text.RegularExpressions;

namespace Fusion.Compiler.Nvrtc;

/// <summary>The headers that belong to an NVRTC. Headers of one version with the NVRTC of another give errors that nobody
/// understands, so a folder that says it is of another version is not taken.</summary>
internal static partial class ToolkitHeaders
{
    private const string HeaderOfTheHost = "stdio.h";

    private static readonly string[] VersionHeaders = ["cuda.h", "cuda_runtime_api.h"];

    /// <summary>The include folder of a toolkit or of Python packages.</summary>
    /// <param name="machine">The machine, which remembers what was looked at.</param>
    /// <param name="library">Full path of NVRTC.</param>
    /// <param name="version">Version of NVRTC.</param>
    /// <param name="remark">Why a folder was not taken; empty if there is nothing to say.</param>
    /// <returns>Null if it has none.</returns>
    public static string? Find(TrackedMachine machine, string library, Version version, out string remark)
    {
        remark = "";
        if (!Path.IsPathFullyQualified(library)) return null;
        var folder = Path.GetDirectoryName(library)!;
        var skipped = new List<string>();
        var up = Path.GetFileName(folder) is "x64" or "x86_64" ? "../.." : "..";
        string[] places =
        [
            $"{up}/../cuda_runtime/include", $"{up}/include", .. NvrtcFolders.Targets.Select(target => $"{up}/targets/{target}/include"),
            // A distribution has its libraries in a folder for each kind of machine.
            .. NvrtcFolders.Triplets.Contains(Path.GetFileName(folder)) ? ["../../include"] : Array.Empty<string>(),
        ];
        foreach (var place in places.Select(p => Path.GetFullPath(Path.Combine(folder, p))).Distinct())
        {
            if (!machine.FolderExists(place)) continue;
            var found = VersionOf(machine, place);
            // A folder of the host's headers is one of NVRTC's only if it says so.
            if (found == version || (found is null && !HasHeadersOfTheHost(machine, place)))
            {
                remark = string.Join("; ", skipped);
                return place;
            }

            if (found is not null) skipped.Add($"the headers in '{place}' are of CUDA {found}, not of {version}, and are not used");
        }

        remark = string.Join("; ", skipped);
        return null;
    }

    /// <summary>Whether a folder has C's headers of the host too, as /usr/include has: NVRTC cannot read those, so the SDK's come before
    /// such a folder.</summary>
    /// <param name="folder">Full path of the folder.</param>
    public static bool HasHeadersOfTheHost(string folder) => File.Exists(Path.Combine(folder, HeaderOfTheHost));

    private static bool HasHeadersOfTheHost(TrackedMachine machine, string folder) => machine.FileExists(Path.Combine(folder, HeaderOfTheHost));

    private static Version? VersionOf(TrackedMachine machine, string folder)
    {
        var header = VersionHeaders.Select(n => Path.Combine(folder, n)).FirstOrDefault(machine.FileExists);
        if (header is null) return null;
        machine.TrackContent(header);
        var line = File.ReadLines(header).Select(l => VersionDefine().Match(l)).FirstOrDefault(m => m.Success);
        if (line is null) return null;
        var number = int.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return new Version(number / 1000, number % 1000 / 10);
    }

    [GeneratedRegex(@"^\s*#\s*define\s+(?:CUDA_VERSION|CUDART_VERSION)\s+(\d{4,6})\b")]
    private static partial Regex VersionDefine();
}
