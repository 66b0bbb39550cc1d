using Fusion.Build.Contract;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Fusion.Build.Tasks;

/// <summary>Reports diagnostics of fusionc as MSBuild's errors, warnings and messages.</summary>
/// <param name="log">Log of the task.</param>
internal sealed class DiagnosticLog(TaskLoggingHelper log)
{
    private const string CodePrefix = "FUSION";
    private const int CodeLength = 10;

    /// <summary>Full path of the project file, for diagnostics about no other file.</summary>
    public string ProjectFile { get; set; } = "";

    /// <summary>Folder of the pages that explain the codes; empty for no links.</summary>
    public string HelpPath { get; set; } = "";

    /// <summary>Whether warnings are errors.</summary>
    public bool TreatWarningsAsErrors { get; set; }

    /// <summary>Codes that stay warnings all the same, separated by semicolons or commas.</summary>
    public string WarningsNotAsErrors { get; set; } = "";

    /// <summary>Reports a diagnostic. A notice is seen at minimal verbosity, a message at normal, a detail at detailed.</summary>
    public void Report(Diagnostic diagnostic)
    {
        var file = diagnostic.File.Length > 0 ? diagnostic.File : ProjectFile;
        var (code, line, column, message) = (diagnostic.Code, diagnostic.Line, diagnostic.Column, diagnostic.Message);
        var help = HelpPath.Length > 0 && HasPage(code) ? new Uri(Path.Combine(HelpPath, code + ".md")).AbsoluteUri : null;
        switch (diagnostic.Severity)
        {
            case DiagnosticSeverity.Error:
            case DiagnosticSeverity.Warning when TreatWarningsAsErrors && !StaysWarning(code):
                log.LogError(null, code, null, help, file, line, column, 0, 0, message);
                break;
            case DiagnosticSeverity.Warning:
                log.LogWarning(null, code, null, help, file, line, column, 0, 0, message);
                break;
            case DiagnosticSeverity.Notice:
                log.LogMessage(MessageImportance.High, message);
                break;
            default:
                log.LogMessage(diagnostic.Severity == DiagnosticSeverity.Message ? MessageImportance.Normal : MessageImportance.Low, message);
                break;
        }
    }

    // FUSION and four digits. A regular expression would be made anew in each build that has something to say.
    private static bool HasPage(string code) => code.Length == CodeLength && code.StartsWith(CodePrefix, StringComparison.Ordinal)
        && code.Skip(CodePrefix.Length).All(c => c is >= '0' and <= '9');

    private bool StaysWarning(string code) => WarningsNotAsErrors.Split(';', ',')
        .Any(listed => listed.Trim().Equals(code, StringComparison.OrdinalIgnoreCase));
}
