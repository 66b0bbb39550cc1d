using System.Text;

namespace Fusion.Compiler.Launchers;

/// <summary>A C# file that grows line by line.</summary>
internal sealed class CSharpText
{
    private const string Step = "    ";

    private readonly StringBuilder text = new();
    private string indent = "";

    /// <summary>A text as it stands in XML; what XML cannot hold goes.</summary>
    /// <param name="value">Any text.</param>
    public static string Xml(string value) =>
        string.Concat(value.Where(c => c is '\n' || !char.IsControl(c)))
            .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    /// <summary>A text as a literal of C#.</summary>
    /// <param name="value">Any text of one line.</param>
    public static string Literal(string value) => $"\"{value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line; empty for a blank one.</param>
    public void Line(string line = "")
    {
        if (line.Length > 0) text.Append(indent).Append(line);
        text.Append('\n');
    }

    /// <summary>Adds a declaration and opens its braces.</summary>
    /// <param name="declaration">The declaration; empty if it stands already.</param>
    public void Open(string declaration)
    {
        if (declaration.Length > 0) Line(declaration);
        Line("{");
        indent += Step;
    }

    /// <summary>Closes the last braces.</summary>
    public void Close()
    {
        indent = indent[Step.Length..];
        Line("}");
    }

    /// <summary>Adds documentation.</summary>
    /// <param name="tag">Name of the element: <c>summary</c>.</param>
    /// <param name="content">The content as XML; may have several lines.</param>
    /// <param name="name">Name of the parameter that it is about; empty for none.</param>
    public void Doc(string tag, string content, string name = "")
    {
        var lines = $"<{tag}{(name.Length > 0 ? $" name=\"{name}\"" : "")}>{content}</{tag}>".Split('\n');
        foreach (var line in lines) Line($"/// {line}");
    }

    /// <inheritdoc/>
    public override string ToString() => text.ToString();
}
