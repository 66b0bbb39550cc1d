namespace Fusion.Compiler.Launchers;

/// <content>Generic classes for the instantiations of a template.</content>
internal sealed partial class LauncherWriter
{
    private const string FindIndex = "Instantiation()";

    private void WriteGeneric(GenericLauncher generic)
    {
        var launcher = generic.Launcher;
        var known = string.Join("; ", generic.Instances.Select(instance => string.Join(", ", instance.Types.Select(Plain))));
        text.Line();
        WriteSummary(launcher, $" The instantiations are: {CSharpText.Xml(known)}.");
        for (var i = 0; i < generic.Names.Count; i++)
        {
            var types = generic.Instances.Select(instance => Plain(instance.Types[i])).Distinct();
            text.Doc("typeparam", CSharpText.Xml(string.Join(", ", types)), generic.Names[i]);
        }

        var constraints = string.Concat(generic.Names.Select(name => $" where {name} : unmanaged"));
        text.Open($"public static partial class {CSharpNames.Escape(launcher.ClassName)}<{string.Join(", ", generic.Names)}>{constraints}");
        WriteMembers(launcher, FindIndex);
        text.Line();
        text.Line("// The run time compiles each instantiation with the one index that it has.");
        text.Open($"private static int {FindIndex}");
        foreach (var (types, index) in generic.Instances)
        {
            var condition = string.Join(" && ", generic.Names.Zip(types, (name, type) => $"typeof({name}) == typeof({type})"));
            text.Line($"if ({condition}) return {index};");
        }

        var asked = string.Join(" + \", \" + ", generic.Names.Select(name => $"typeof({name})"));
        var message = $"The kernel template {launcher.QualifiedName} has no instantiation for ";
        text.Line($"throw new {Runtime}FusionArgumentException(\"FUSION2008\", {CSharpText.Literal(generic.Names[0])}, {CSharpText.Literal(message)} + {asked} + "
            + $"{CSharpText.Literal($"; it has those for {known}. Name it in the .cu file, or in NameExpressions of its FusionKernel item.")});");
        text.Close();
        text.Close();
    }

    private static string Plain(string type) => type.Replace("global::", "", StringComparison.Ordinal);
}
