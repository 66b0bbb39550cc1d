namespace Fusion.Compiler.Launchers;

/// <summary>Gives the accessor of each variable a name of its own.</summary>
internal static class VariableNames
{
    // What a class has itself, or from object, cannot be the name of a property in it.
    private static readonly HashSet<string> Reserved =
        ["Globals", "Equals", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString", "Finalize"];

    // The shortest first.
    private static readonly Func<LauncherVariable, string>[] Forms =
    [
        variable => variable.Source.Name[(variable.Source.Name.LastIndexOf(':') + 1)..],
        variable => variable.Source.Name,
        variable => $"{Path.GetFileName(variable.Module)} {variable.Source.Name}",
        variable => $"{variable.Module} {variable.Source.Name}",
    ];

    /// <summary>Names variables: by their own name, and where several would have one name, by namespace or module too.</summary>
    /// <param name="variables">Variables of a project.</param>
    public static IReadOnlyList<LauncherVariable> Assign(IEnumerable<LauncherVariable> variables)
    {
        var named = variables.Select(variable => variable with { PropertyName = Property(Forms[0](variable)) }).ToArray();
        foreach (var form in Forms.Skip(1))
        {
            // All of a name get the longer one, so that none of them silently means another when the next is added.
            foreach (var same in Shared(named))
            {
                var longer = same.Select(i => Property(form(named[i]))).ToArray();
                if (longer.Distinct(StringComparer.Ordinal).Count() == 1) continue;
                for (var k = 0; k < same.Length; k++) named[same[k]] = named[same[k]] with { PropertyName = longer[k] };
            }
        }

        var taken = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < named.Length; i++)
        {
            var name = named[i].PropertyName;
            for (var number = 2; !taken.Add(name); number++) name = $"{named[i].PropertyName}_{number}";
            named[i] = named[i] with { PropertyName = name };
        }

        return named;
    }

    private static List<int[]> Shared(LauncherVariable[] variables) =>
        [.. Enumerable.Range(0, variables.Length).GroupBy(i => variables[i].PropertyName, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.ToArray())];

    private static string Property(string text)
    {
        var name = CSharpNames.Pascal(text);
        return name.Length == 0 || Reserved.Contains(name) ? name + "Variable" : name;
    }
}
