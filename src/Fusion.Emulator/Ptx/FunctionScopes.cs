namespace Fusion.Emulation.Ptx;

/// <summary>Names of a function's nested scopes. A use of a label is written down with its scope and resolved at the end,
/// because it may come before the label.</summary>
internal sealed class FunctionScopes
{
    private readonly List<Scope> stack = [];
    private readonly List<(string Unique, string Name, Scope Scope)> uses = [];
    private int next;

    public void Enter() => stack.Add(new(stack.Count == 0 ? null : stack[^1], next++));

    public void Leave() => stack.RemoveAt(stack.Count - 1);

    public void DeclareRegister(PtxFunction function, string name, PtxType type)
    {
        stack[^1].Registers[name] = function.Registers.Count;
        function.Registers.Add(new(name, type));
    }

    public int FindRegister(string name)
    {
        for (Scope? scope = stack[^1]; scope is not null; scope = scope.Parent)
            if (scope.Registers.TryGetValue(name, out var index)) return index;
        return -1;
    }

    public void DeclareVariable(PtxFunction function, PtxVariable variable)
    {
        var unique = function.Variables.ContainsKey(variable.Name) ? $"{variable.Name}@{next++}" : variable.Name;
        stack[^1].Variables[variable.Name] = unique;
        function.Variables[unique] = variable;
    }

    /// <summary>Unique name of a variable; the name itself if the function has none of that name.</summary>
    public string FindVariable(string name)
    {
        for (Scope? scope = stack[^1]; scope is not null; scope = scope.Parent)
            if (scope.Variables.TryGetValue(name, out var unique)) return unique;
        return name;
    }

    public void DeclareLabel(PtxFunction function, string name, int line)
    {
        var unique = $"{name}@{stack[^1].Number}";
        if (!function.Labels.TryAdd(unique, function.Body.Count)) throw PtxException.At(line, $"the label '{name}' is there twice.");
    }

    /// <summary>Notes the use of a label.</summary>
    /// <returns>Name of the use, which <see cref="ResolveLabels"/> adds to the labels.</returns>
    public string Use(string name)
    {
        var use = $"{name}@use{stack[^1].Number}";
        uses.Add((use, name, stack[^1]));
        return use;
    }

    public void ResolveLabels(PtxFunction function)
    {
        foreach (var (use, name, from) in uses)
        {
            var scope = from;
            while (scope is not null && !function.Labels.ContainsKey($"{name}@{scope.Number}")) scope = scope.Parent;
            if (scope is null) throw PtxException.At(function.Line, $"the label '{name}' of '{function.Name}' is missing.");
            function.Labels[use] = function.Labels[$"{name}@{scope.Number}"];
        }
    }

    private sealed class Scope(Scope? parent, int number)
    {
        public Scope? Parent { get; } = parent;

        public int Number { get; } = number;

        public Dictionary<string, int> Registers { get; } = [];

        public Dictionary<string, string> Variables { get; } = [];
    }
}
