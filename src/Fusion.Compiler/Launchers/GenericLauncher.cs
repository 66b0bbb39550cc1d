using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>What a launcher of an instantiation says of its template: the launchers of one template become one generic class too.</summary>
/// <param name="Template">The template.</param>
/// <param name="Fixed">The arguments that are no types, which the class's name has.</param>
/// <param name="Names">Type parameters in C#.</param>
/// <param name="Types">Their C# types in this instantiation.</param>
/// <param name="Parameters">Parameters of the kernel, in terms of the type parameters.</param>
internal sealed record GenericPart(
    KernelSignature Template, string Fixed, IReadOnlyList<string> Names, IReadOnlyList<string> Types, IReadOnlyList<LauncherParameter> Parameters)
{
    /// <summary>Reads the part of an instantiation.</summary>
    /// <param name="template">The template.</param>
    /// <param name="instantiation">The instantiation.</param>
    /// <param name="parameters">Parameters of the instantiation.</param>
    /// <param name="find">Finds the C# type of a type.</param>
    /// <returns>Null where a type parameter is no type of C#, or stands in a parameter as more than itself and pointers to it.</returns>
    public static GenericPart? Of(
        KernelSignature template, Instantiation instantiation, IReadOnlyList<LauncherParameter> parameters, Func<string, LauncherType?> find)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var types = new List<string>();
        var others = new List<string>();
        for (var i = 0; i < template.TemplateParameters.Count; i++)
        {
            var parameter = template.TemplateParameters[i];
            var argument = i < instantiation.Arguments.Count ? instantiation.Arguments[i] : parameter.Default;
            if (!parameter.IsType)
            {
                if (i < instantiation.Arguments.Count) others.Add(string.Join(' ', argument.Where(token => !token.IsMark("::")).Select(token => token.Text)));
                continue;
            }

            var type = TypeSpelling.Of(argument);
            if (parameter.IsPack || parameter.Name.Length == 0 || PointerShape.Of(type) is not { Levels: 0 } || find(type) is not { } found || found == LauncherType.Untyped)
                return null;
            names[parameter.Name] = TypeParameter(parameter.Name);
            types.Add(found.CSharp);
        }

        if (types.Count == 0 || names.Values.Distinct(StringComparer.Ordinal).Count() != types.Count) return null;
        var generic = new List<LauncherParameter>();
        for (var i = 0; i < parameters.Count; i++)
        {
            var declared = template.Parameters[i].Type;
            if (!CppTokenizer.Read(declared).Any(token => token.IsWord && names.ContainsKey(token.Text))) generic.Add(parameters[i]);
            else if (PointerShape.Of(declared) is { } shape && names.TryGetValue(shape.Element, out var name)) generic.Add(parameters[i] with { Type = declared, CSharp = Generic(name, shape.Levels) });
            else return null;
        }

        return new GenericPart(template, string.Join(' ', others), [.. names.Values], types, generic);
    }

    private static LauncherType Generic(string name, int levels)
    {
        var type = name;
        for (var level = 0; level < levels; level++) type = $"{TypeMap.Pointer}<{type}>";
        return levels > 0 ? new(type, "8", ArgumentPassing.Converted) : new(type, "0", ArgumentPassing.Generic);
    }

    private static string TypeParameter(string name)
    {
        var pascal = CSharpNames.Pascal(name);
        return pascal == "T" || (pascal.Length > 1 && pascal[0] == 'T' && char.IsUpper(pascal[1])) ? pascal : "T" + pascal;
    }
}

/// <summary>A generic class for the instantiations of a template.</summary>
/// <param name="Launcher">Name, comment and parameters of the class.</param>
/// <param name="Names">The type parameters.</param>
/// <param name="Instances">Types and index of the launcher of each instantiation.</param>
internal sealed record GenericLauncher(Launcher Launcher, IReadOnlyList<string> Names, IReadOnlyList<(IReadOnlyList<string> Types, int Index)> Instances)
{
    /// <summary>Finds the generic classes.</summary>
    /// <param name="launchers">All launchers, in the order of their declarations.</param>
    /// <param name="className">Name of the class that holds them.</param>
    public static IReadOnlyList<GenericLauncher> Of(IReadOnlyList<Launcher> launchers, string className)
    {
        var found = new List<GenericLauncher>();
        foreach (var group in launchers.Select((launcher, i) => (Launcher: launcher, Index: i)).Where(one => one.Launcher.Generic is not null)
            .GroupBy(one => (one.Launcher.Module, one.Launcher.Generic!.Template.Start, one.Launcher.Generic.Fixed)))
        {
            // What is no type parameter is the same in each of them, or there is no one class for all.
            var first = group.First().Launcher;
            if (group.Any(one => !one.Launcher.Generic!.Parameters.Select(p => p.CSharp).SequenceEqual(first.Generic!.Parameters.Select(p => p.CSharp)))) continue;
            var instances = group.Select(one => (one.Launcher.Generic!.Types, one.Index)).DistinctBy(one => string.Join(", ", one.Types)).ToArray();
            found.Add(new GenericLauncher(
                first with { TemplateArguments = first.Generic!.Fixed, Parameters = first.Generic.Parameters }, first.Generic.Names, instances));
        }

        var named = ClassNames.Assign([.. found.Select(generic => generic.Launcher)], className);
        return [.. found.Select((generic, i) => generic with { Launcher = named[i] })];
    }
}
