using System.Globalization;

namespace Fusion.Runtime;

/// <summary>An <see cref="AllReducePolicy"/> is wrong, or its file cannot be read.</summary>
public sealed class PolicyException : FusionException
{
    internal PolicyException(string? file, int line, string field, string problem, Exception? innerException = null)
        : base(ErrorCodes.Policy, Describe(file, line, field, problem), innerException) =>
        (File, Line, Field) = (file, line, field);

    /// <summary>Path of the policy's file; null if the policy was made in code.</summary>
    public string? File { get; }

    /// <summary>Line of the fault in the file, from 1; 0 if it has no line.</summary>
    public int Line { get; }

    /// <summary>Name of the wrong field in JSON; empty if the fault is in no field.</summary>
    public string Field { get; }

    private static string Describe(string? file, int line, string field, string problem)
    {
        var where = file is null ? "The policy" : $"The policy '{file}'";
        if (line > 0) where += string.Create(CultureInfo.InvariantCulture, $", line {line}");
        if (field.Length > 0) where += $", field '{field}'";
        return $"{where}: {problem}. docs/diagnostics/FUSION3003.md shows a policy file.";
    }
}
