namespace Fusion.Compiler.Tests.Projects.Incremental;

/// <summary>Edits of a small project, each chosen by three numbers. Contents have few values and one length, and times come back,
/// so that neither length nor time tells a change.</summary>
internal sealed class RandomEdits(string root)
{
    private static readonly string[] Sources = ["a.cu", "sub/b.cu"];
    private static readonly string[] Headers = ["h.cuh", "sub/h.cuh", "inc/h.cuh", "early/h.cuh", "inc/maybe.cuh", "early/maybe.cuh", "far/h.cuh"];
    private static readonly string[] Targets = ["far/1.txt", "far/2.txt", "far/deep/h.cuh", "far/deep", "far/other", "inc", "nowhere"];
    private static readonly string[] Folders = ["early", "inc", "link", "sub/link"];

    // How a kernel comes to a header: each way that a build can overlook.
    private static readonly string[] Includes =
    [
        "#include <h.cuh>",
        "#if __has_include(\"h.cuh\")\n#include \"h.cuh\"\n#endif",
        "#include <h.cuh>\n#if __has_include(<maybe.cuh>)\n#define MAYBE 1\n#endif",
        "#define NAME <maybe.cuh>\n#if __has_include(NAME)\n#define MAYBE 1\n#endif",
        "#define TEXT2(x) #x\n#define TEXT(x) TEXT2(x)\n#include TEXT(h.cuh)",
        "#if __has_include(\"link/../h.cuh\")\n#include \"link/../h.cuh\"\n#endif",
        "#include /* this one */ \"h.cuh\"\n#ifdef LOCAL\n#include <maybe.cuh>\n#endif",
        "#include <h.cuh>\n#include <next.cuh>",
    ];

    private readonly Dictionary<string, (byte[] Content, DateTime Time)> past = [];

    /// <summary>What was done, for people.</summary>
    public List<string> Done { get; } = [];

    /// <summary>Writes the project as it begins.</summary>
    public void Begin()
    {
        foreach (var folder in new[] { "sub", "inc", "early", "far/deep", "far/other" }) Directory.CreateDirectory(At(folder));
        foreach (var (file, i) in Sources.Select((file, i) => (file, i))) Write(file, Source(i, 1));
        foreach (var file in new[] { "h.cuh", "inc/h.cuh", "inc/maybe.cuh", "far/h.cuh", "far/1.txt", "far/2.txt", "far/deep/h.cuh" }) Write(file, Header(1));
        Write("inc/next.cuh", "#pragma once\n#include_next <next.cuh>\n");
        Write("early/next.cuh", "#pragma once\n");
    }

    /// <summary>Makes one edit.</summary>
    public void Make((byte Kind, byte Place, byte Value) edit)
    {
        var (kind, place, value) = edit;
        var path = Pick([.. Sources, .. Headers, .. Headers], place);
        var before = Stat(path);
        switch (kind % 10)
        {
            case 0 or 1: Write(path, path.EndsWith(".cu", StringComparison.Ordinal) ? Source(value, value) : Header(value)); break;
            case 2: Delete(path); break;
            case 3: Rename(path, Pick(Headers, value)); break;
            case 4: Link(path, Pick(Targets[..3], value)); break;
            case 5: Link(Pick(Folders, place), Pick(Targets[3..], value)); break;
            case 6: MakeFolder(Pick(Folders, place)); break;
            case 7: Restore(path); break;
            case 8: Write(Pick(Targets[..3], place), value % 2 == 0 ? Header(value) : Source(value, value)); break;
            default: KeepTime(path, value); break;
        }

        if (before is { } old) past.TryAdd(path, old);
    }

    private static T Pick<T>(T[] all, byte which) => all[which % all.Length];

    private static string Header(int value) => $"#define VALUE {value % 3}\n";

    private static string Source(int include, int value) => $$"""
        {{Includes[include % Includes.Length]}}
        #ifndef VALUE
        #define VALUE 7
        #endif
        #ifndef MAYBE
        #define MAYBE 0
        #endif
        extern "C" __global__ void k(int* x) { x[VALUE] = 10 * MAYBE + {{value % 3}}; }
        """;

    private string At(string path) => Path.Combine(root, path);

    private void Write(string path, string text)
    {
        Done.Add($"write {path}: {text.Replace("\n", " | ", StringComparison.Ordinal)}");
        Try(() => File.WriteAllText(At(path), text));
    }

    private void Delete(string path)
    {
        Done.Add($"delete {path}");
        Try(() => File.Delete(At(path)));
    }

    private void Rename(string from, string to)
    {
        Done.Add($"rename {from} to {to}");
        Try(() => File.Move(At(from), At(to), overwrite: true));
    }

    private void Link(string path, string target)
    {
        Done.Add($"link {path} to {target}");
        Try(() =>
        {
            if (Directory.Exists(At(path)) && new DirectoryInfo(At(path)).LinkTarget is null) Directory.Delete(At(path), recursive: true);
            else File.Delete(At(path));
            File.CreateSymbolicLink(At(path), At(target));
        });
    }

    private void MakeFolder(string path)
    {
        Done.Add($"make folder {path} with a header");
        Try(() =>
        {
            File.Delete(At(path));
            Directory.CreateDirectory(At(path));
            File.WriteAllText(At($"{path}/h.cuh"), Header(2));
        });
    }

    private void Restore(string path)
    {
        if (!past.Remove(path, out var old)) return;
        Done.Add($"restore {path} with its time");
        Try(() =>
        {
            File.WriteAllBytes(At(path), old.Content);
            File.SetLastWriteTimeUtc(At(path), old.Time);
        });
    }

    private void KeepTime(string path, int value)
    {
        if (path.EndsWith(".cu", StringComparison.Ordinal) || Stat(path) is not { } old) return;
        Done.Add($"write {path} and keep its time: {value % 3}");
        Try(() =>
        {
            File.WriteAllText(At(path), Header(value));
            File.SetLastWriteTimeUtc(At(path), old.Time);
        });
    }

    private (byte[] Content, DateTime Time)? Stat(string path)
    {
        try
        {
            return (File.ReadAllBytes(At(path)), File.GetLastWriteTimeUtc(At(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Some edits cannot be made: of a file in a folder that is gone, or that a link leads out of.
    private static void Try(Action edit)
    {
        try
        {
            edit();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Then nothing changed, and the build is to find that.
        }
    }
}
