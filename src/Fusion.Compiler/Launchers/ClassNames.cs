namespace Fusion.Compiler.Launchers;

/// <summary>Gives each launcher a class name of its own.</summary>
internal static class ClassNames
{
    // What a class has itself cannot be the name of one in it.
    private static readonly string[] Reserved = ["Load", "Launch", "On", "MaxThreads", "ClusterSize", "Globals", "Types"];

    // What tells launchers of one name apart, the shortest first.
    private static readonly Func<Launcher, string>[] Distinctions =
    [
        launcher => CSharpNames.Pascal(Namespaces(launcher.QualifiedName)),
        launcher => CSharpNames.Pascal(Path.GetFileName(launcher.Module)),
        launcher => CSharpNames.Pascal(launcher.Module),
    ];

    /// <summary>Names launchers: by kernel and template arguments, and where several would have one name, by namespace, file
    /// or types too.</summary>
    /// <param name="launchers">The launchers of a project.</param>
    /// <param name="className">Name of the class that holds them.</param>
    public static IReadOnlyList<Launcher> Assign(IReadOnlyList<Launcher> launchers, string className)
    {
        var named = launchers.Select(launcher => launcher with { ClassName = Short(launcher, className) }).ToArray();
        foreach (var distinction in Distinctions)
            Distinguish(named, launcher => distinction(launcher) + Short(launcher, className), distinction);
        Distinguish(named, launcher => launcher.ClassName + CSharpNames.Pascal(Types(launcher)), Types);
        Number(named);
        return named;
    }

    // All of a name get the longer one, so that none of them silently means another when the next is added.
    private static void Distinguish(Launcher[] launchers, Func<Launcher, string> name, Func<Launcher, string> distinction)
    {
        foreach (var same in Shared(launchers))
        {
            if (same.Select(i => distinction(launchers[i])).Distinct(StringComparer.Ordinal).Count() == 1) continue;
            foreach (var i in same) launchers[i] = launchers[i] with { ClassName = name(launchers[i]) };
        }
    }

    private static void Number(Launcher[] launchers)
    {
        var taken = launchers.Select(launcher => launcher.ClassName).ToHashSet(StringComparer.Ordinal);
        foreach (var same in Shared(launchers))
        {
            var number = 1;
            foreach (var i in same.Skip(1))
            {
                string name;
                do name = $"{launchers[i].ClassName}_{++number}"; while (!taken.Add(name));
                launchers[i] = launchers[i] with { ClassName = name };
            }
        }
    }

    private static List<int[]> Shared(Launcher[] launchers) =>
        [.. Enumerable.Range(0, launchers.Length).GroupBy(i => launchers[i].ClassName, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.ToArray())];

    private static string Short(Launcher launcher, string className)
    {
        var name = CSharpNames.Pascal($"{LastPart(launcher.QualifiedName)} {launcher.TemplateArguments}");
        return name.Length == 0 || name == className || Reserved.Contains(name) ? name + "Kernel" : name;
    }

    private static string Types(Launcher launcher) => string.Join(' ', (launcher.Parameters ?? []).Select(p => p.Type));

    private static string Namespaces(string name) => name[..Math.Max(name.LastIndexOf("::", StringComparison.Ordinal), 0)];

    private static string LastPart(string name) => name[(name.LastIndexOf(':') + 1)..];
}
