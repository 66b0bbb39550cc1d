using System.Reflection;

namespace Fusion.Tests.Shared.PublicApi;

/// <summary>A file of the repository that has an assembly's public types and members as they were accepted.</summary>
internal static class AcceptedSurface
{
    private const string Accept = "FUSION_ACCEPT_API";

    /// <summary>Fails unless an assembly shows what the file says; accepts what it shows if that is asked for.</summary>
    /// <param name="assembly">The assembly.</param>
    /// <param name="snapshot">The file, from the root of the repository.</param>
    public static void MustBe(Assembly assembly, string snapshot)
    {
        var found = PublicSurface.Of(assembly);
        if (Environment.GetEnvironmentVariable(Accept) == "1") File.WriteAllText(Repository.PathOf(snapshot), found);

        var accepted = File.Exists(Repository.PathOf(snapshot)) ? Repository.Read(snapshot) : "";
        if (found == accepted) return;
        Assert.Fail(
            $"The public API of {assembly.GetName().Name} is not the one in {snapshot}:\n{Difference(accepted, found)}" +
            $"If that is meant, accept it with 'dotnet run build.cs api' (or {Accept}=1 for this test), look at the change of " +
            $"that file, and write it into CHANGELOG.md.");
    }

    private static string Difference(string before, string after)
    {
        var (old, now) = (Lines(before), Lines(after));
        return string.Concat([
            .. old.Except(now).Select(line => $"  - {line}\n"),
            .. now.Except(old).Select(line => $"  + {line}\n")]) is { Length: > 0 } lines ? lines : "  (only the order)\n";
    }

    // Members with the type that they belong to, since the same line may stand under several.
    private static List<string> Lines(string text)
    {
        List<string> lines = [];
        var type = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith(' ')) type = line;
            lines.Add(line.StartsWith(' ') ? $"{type}: {line.Trim()}" : line);
        }

        return lines;
    }
}
