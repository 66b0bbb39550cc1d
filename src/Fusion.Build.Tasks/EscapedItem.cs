using System.Globalization;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Fusion.Build.Tasks;

/// <summary>Items of files by their names as they are. MSBuild reads what a task gives it as escaped text, in which
/// <c>a;b</c> is a list and <c>%41</c> an A.</summary>
internal static class EscapedItem
{
    private static readonly char[] Special = ['%', '*', '?', '@', '$', '(', ')', ';', '\''];

    /// <summary>The item of a file.</summary>
    /// <param name="path">Path.</param>
    /// <param name="metadata">Name and value of its metadata.</param>
    public static ITaskItem Of(string path, params (string Name, string Value)[] metadata)
    {
        var item = new TaskItem(Escape(path));
        foreach (var (name, value) in metadata) item.SetMetadata(name, Escape(value));
        return item;
    }

    private static string Escape(string text)
    {
        if (text.IndexOfAny(Special) < 0) return text;
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (Array.IndexOf(Special, c) < 0) escaped.Append(c);
            else escaped.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }
}
