namespace Fusion.Compiler.Launchers;

/// <summary>Writes accessors of variables as C#.</summary>
internal static class VariableWriter
{
    private const string Runtime = "global::Fusion.Runtime.";

    /// <summary>Writes the declaration of a variable, for the run time's check.</summary>
    /// <param name="variable">The variable.</param>
    public static string Declaration(LauncherVariable variable) =>
        $"new {Runtime}VariableDeclaration({CSharpText.Literal(variable.Module)}, {CSharpText.Literal(variable.Source.Name)}, "
        + $"{CSharpText.Literal(variable.Source.Type)}, {variable.Element.Size}, {variable.Source.Count})";

    /// <summary>Writes the class of all accessors.</summary>
    /// <param name="text">The file.</param>
    /// <param name="variables">The variables, each with its property's name.</param>
    /// <param name="table">Name of the field that has the launchers.</param>
    public static void Write(CSharpText text, IReadOnlyList<LauncherVariable> variables, string table)
    {
        if (variables.Count == 0) return;
        text.Line();
        text.Line("/// <summary>The <c>__constant__</c> and <c>__device__</c> variables of the kernels. Each GPU has its own.</summary>");
        text.Open("public static partial class Globals");
        for (var i = 0; i < variables.Count; i++)
        {
            if (i > 0) text.Line();
            Write(text, variables[i], table, i);
        }

        text.Close();
    }

    private static void Write(CSharpText text, LauncherVariable variable, string table, int index)
    {
        var paragraphs = variable.Comment.Paragraphs;
        var type = $"{Runtime}GlobalVariable<{variable.Element.CSharp}>";
        text.Doc("summary", paragraphs.Count > 0 ? CSharpText.Xml(paragraphs[0]) : $"The variable <c>{CSharpText.Xml(variable.Source.Name)}</c>.");
        var remarks = paragraphs.Skip(1).Select(paragraph => $"<para>{CSharpText.Xml(paragraph)}</para>\n");
        text.Doc("remarks", string.Concat(remarks)
            + $"<para><c>{CSharpText.Xml(variable.Source.Type)} {CSharpText.Xml(variable.Source.Name)}</c> of "
            + $"<c>{CSharpText.Xml(variable.Module)}</c></para>");
        text.Line($"public static {type} {variable.PropertyName} {{ get; }} = new {type}({table}, {index});");
    }
}
