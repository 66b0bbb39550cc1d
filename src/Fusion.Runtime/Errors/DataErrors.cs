using System.Globalization;

namespace Fusion.Runtime;

/// <summary>Errors of data that is read, FUSION3003.</summary>
internal static class DataErrors
{
    /// <summary>A policy is wrong, or its file cannot be read.</summary>
    public static FusionDataException Policy(string? file, int line, string field, string problem, Exception? innerException = null)
    {
        var where = file is null ? "The policy" : $"The policy '{file}'";
        if (line > 0) where += string.Create(CultureInfo.InvariantCulture, $", line {line}");
        if (field.Length > 0) where += $", field '{field}'";
        return new(ErrorCodes.Policy, file, line, field,
            $"{where}: {problem}. docs/diagnostics/FUSION3003.md shows a policy file.", innerException);
    }
}
