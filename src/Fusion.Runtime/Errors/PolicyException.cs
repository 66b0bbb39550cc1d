using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An <see cref="AllReducePolicy"/> makes no sense, or its file cannot be read.</summary>
public sealed class PolicyException : FusionException
{
    internal PolicyException(string? file, int line, string field, string problem, Exception? innerException = null)
        : base(ErrorCodes.Policy, Describe(file, line, field, problem), innerException) =>
        (File, Line, Field) = (file, line, field);

    /// <summary>The policy's file; null if it was made in code.</summary>
    public string? File { get; }

    /// <summary>The line in it, from 1; 0 if no line is to blame.</summary>
    public int Line { get; }

    /// <summary>The field as JSON writes it; empty if no field is to blame.</summary>
    public string Field { get; }

    private static string Describe(string? file, int line, string field, string problem)
    {
        var where = file is null ? "The policy" : $"The policy '{file}'";
        if (line > 0) where += string.Create(CultureInfo.InvariantCulture, $", line {line}");
        if (field.Length > 0) where += $", field '{field}'";
        return $"{where}: {problem}. docs/diagnostics/FUSION3003.md shows a policy file.";
    }
}
