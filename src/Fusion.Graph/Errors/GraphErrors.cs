using System.Globalization;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Errors of what is given for a graph: its files, FUSION5003 and 5004, and the arguments of compiling and running it,
/// FUSION5007 to 5009.</summary>
internal static class GraphErrors
{
    /// <summary>The JSON of a graph cannot be read.</summary>
    public static FusionDataException File(string file, int line, string where, string problem, Exception? inner = null) =>
        new(GraphErrorCodes.File, file, line, where, $"The graph '{file}'{Place(line)}{(where.Length > 0 ? $", {where}" : "")}: {problem}.", inner);

    /// <summary>A configuration of the passes is wrong, or its file cannot be read.</summary>
    public static FusionDataException PassConfig(string source, int line, string field, string problem, Exception? inner = null) =>
        new(GraphErrorCodes.Config, source, line, field,
            $"The pass configuration '{source}'{Place(line)}{(field.Length > 0 ? $", field '{field}'" : "")}: {problem}.", inner);

    /// <summary>A number of tokens is out of range.</summary>
    public static FusionArgumentException Tokens(string parameter, FormattableString problem) =>
        new(GraphErrorCodes.Tokens, parameter, problem.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number of rows for which own kernels multiply is out of range.</summary>
    public static FusionArgumentException SkinnyRows(int rows) => new(GraphErrorCodes.Tokens, nameof(CompileOptions.SkinnyRows),
        string.Create(CultureInfo.InvariantCulture, $"{nameof(CompileOptions.SkinnyRows)} is {rows}; allowed is 0, for none, to {SkinnyMatmuls.MostRows}."));

    /// <summary>There is no such group, or it does not fit the others.</summary>
    public static FusionArgumentException Group(string problem) => new(GraphErrorCodes.Group, nameof(CompileOptions.Groups), problem);

    /// <summary>There is no such input, weight or output, or what is given for it does not fit.</summary>
    public static FusionArgumentException Binding(string parameter, FormattableString problem) =>
        new(GraphErrorCodes.Binding, parameter, problem.ToString(CultureInfo.InvariantCulture));

    private static string Place(int line) => line > 0 ? string.Create(CultureInfo.InvariantCulture, $", line {line}") : "";
}
