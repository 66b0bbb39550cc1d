using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Fusion.Emulation.Driver;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation;

/// <summary>Counts how many threads ran each line of the kernels' sources, and writes it as a tracefile of lcov. All machines of a process that name the
/// same file count together.</summary>
internal sealed class LineCoverage
{
    private static readonly ConcurrentDictionary<string, LineCoverage> All = new(StringComparer.Ordinal);

    private static readonly HashSet<string> Effects = ["st", "red", "atom", "bar", "barrier", "cp", "call", "mma", "wmma", "wgmma", "shfl", "vote", "trap"];

    private readonly string path;
    private readonly ConcurrentDictionary<KernelCode, long[]> hits = [];
    private readonly ConcurrentDictionary<string, string> paths = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> withoutLines = new(StringComparer.Ordinal);

    private LineCoverage(string path)
    {
        this.path = path;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Write();
    }

    public static LineCoverage Of(string path) => All.GetOrAdd(path, one => new(one));

    /// <summary>Counts of a kernel's instructions.</summary>
    public long[] HitsOf(KernelCode code) => hits.GetOrAdd(code, one => new long[one.Origins.Length]);

    /// <summary>Notes the kernels of a module, whose lines count as not run until they are.</summary>
    public void Add(PreparedModule module)
    {
        foreach (var code in module.Kernels.Values)
        {
            HitsOf(code);
            if (Array.Exists(code.Origins, origin => origin.Source is not null) || !withoutLines.TryAdd(code.Name, true)) continue;
            if (withoutLines.Count == 1) Console.Error.WriteLine(
                $"{EmulatorErrorCodes.NoLines}: the PTX of the kernel '{code.Name}' says no lines of its source, so {path} will not have them. Build with " +
                "FusionLineInfo=true ('dotnet test -p:FusionLineInfo=true'). Other such kernels are named in the file.");
        }
    }

    /// <summary>Writes the file.</summary>
    public void Write()
    {
        var text = new StringBuilder();
        foreach (var kernel in withoutLines.Keys.Order(StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"# {EmulatorErrorCodes.NoLines}: the kernel '{kernel}' was built without FusionLineInfo=true\n");
        foreach (var file in Lines().GroupBy(line => line.Key.File).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            // genhtml cannot show a source that is not there, and ends with an error.
            if (!File.Exists(file.Key))
            {
                text.Append(CultureInfo.InvariantCulture, $"# {file.Key} is not on this machine\n");
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"TN:\nSF:{file.Key}\n");
            foreach (var ((_, line), count) in file.OrderBy(one => one.Key.Line)) text.Append(CultureInfo.InvariantCulture, $"DA:{line},{count}\n");
            text.Append(CultureInfo.InvariantCulture, $"LF:{file.Count()}\nLH:{file.Count(one => one.Value > 0)}\nend_of_record\n");
        }

        lock (hits)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text.ToString());
        }
    }

    // A line was run as often as the instruction of it that was run most, in each kernel that has it. Compilers compute addresses and values of a line
    // where others need them too: where it has an instruction that must not be moved, such a one counts.
    private Dictionary<(string File, int Line), long> Lines()
    {
        var lines = new Dictionary<(string, int), long>();
        foreach (var (code, counts) in hits)
        {
            var most = new Dictionary<(string, int), (bool HasEffect, long Count)>();
            for (var i = 0; i < counts.Length; i++)
            {
                if (code.Origins[i].Source is not { } source) continue;
                var key = (PathOf(source.FileName), source.Line);
                var own = (HasEffect: Effects.Contains(code.Origins[i].Opcode), Count: Interlocked.Read(ref counts[i]));
                if (!most.TryGetValue(key, out var best) || own.CompareTo(best) > 0) most[key] = own;
            }

            foreach (var (key, (_, count)) in most) lines[key] = lines.GetValueOrDefault(key) + count;
        }

        return lines;
    }

    // Line information names sources from the project's folder on, which is above the one in which tests run. Headers of packages
    // are named as they are included, and stay so.
    private string PathOf(string name) => paths.GetOrAdd(name, one =>
    {
        for (var folder = Environment.CurrentDirectory; folder is not null && !Path.IsPathRooted(one); folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, one))) return Path.GetFullPath(one, folder);
        }

        return one;
    });
}
