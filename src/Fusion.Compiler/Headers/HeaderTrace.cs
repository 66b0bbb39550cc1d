using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Caching;

namespace Fusion.Compiler.Headers;

/// <summary>The headers that a compilation really read, as NVRTC's front end reports them.</summary>
/// <remarks>The options are not documented, so <see cref="Nvrtc.Toolchain"/> tries them before it relies on them. The front end
/// writes a line a header entered, with a blank for each level of nesting.</remarks>
internal sealed class HeaderTrace : IDisposable
{
    private const string BuiltinPrefix = "__nv_";
    private static int count;
    private readonly string file;

    /// <summary>Starts a trace.</summary>
    /// <param name="folder">A folder of <see cref="CreateFolder"/>.</param>
    public HeaderTrace(string folder) => file = Path.Combine(folder, $"{Interlocked.Increment(ref count)}.trace");

    /// <summary>What to tell NVRTC.</summary>
    public IReadOnlyList<string> Options => ["-Xcudafe", "--trace_includes", "-Xcudafe", $"--error_output={file}"];

    /// <summary>A new temporary folder whose path has no blanks, since the front end splits its options there.</summary>
    /// <returns>Null if there is none.</returns>
    public static string? CreateFolder()
    {
        string[] places = OperatingSystem.IsWindows() ? [Path.GetTempPath()] : [Path.GetTempPath(), "/tmp", "/var/tmp"];
        var place = places.FirstOrDefault(p => !p.Any(char.IsWhiteSpace) && Directory.Exists(p));
        if (place is null) return null;
        var folder = Path.Combine(place, $"fusionc-{Guid.NewGuid():n}");
        // For this user alone: precompiled headers lie there too, and NVRTC takes them as they are.
        CacheTrust.CreateFolder(folder);
        Output.Unfinished.Add(folder);
        return folder;
    }

    /// <summary>Removes a folder of <see cref="CreateFolder"/>.</summary>
    public static void RemoveFolder(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Output.Unfinished.Remove(folder);
    }

    /// <summary>The headers, each once, in the order they were first entered.</summary>
    /// <param name="directory">Where relative paths start.</param>
    public IReadOnlyList<string> Read(string directory)
    {
        if (!File.Exists(file)) return [];
        return [.. File.ReadLines(file, Encoding.UTF8)
            .Select(line => line.TrimStart())
            .Where(line => line.Length > 0 && !line.StartsWith(BuiltinPrefix, StringComparison.Ordinal))
            .Select(line => PhysicalPath.Full(line, directory))
            .Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(file);
}
