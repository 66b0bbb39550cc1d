using System.Text;
using Fusion.Build.Contract;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Fusion.Build.Tasks;

/// <summary>Starts fusionc with a request, or not at all if nothing changed since the last good run.</summary>
/// <remarks>fusionc is a process of its own, so nothing of it loads into MSBuild: no locked library, no changed stack limit,
/// no crash of the build node, no .NET of MSBuild's choice.</remarks>
public abstract class FusionToolTask : ToolTask
{
    // A build that runs at the same time with other settings may replace the state before it is read.
    private const int Attempts = 3;

    private readonly StringBuilder unexplained = new();
    private string request = "";
    private string requestHash = "";
    private RequestFile? requestFile;
    private BuildState? upToDate;

    /// <summary>The <c>FusionKernel</c> items.</summary>
    public ITaskItem[] Kernels { get; set; } = [];

    /// <summary>Full path of the project file.</summary>
    [Required]
    public string ProjectFile { get; set; } = "";

    /// <summary>Full path of the file that says what the last build depended on.</summary>
    [Required]
    public string StateFile { get; set; } = "";

    /// <summary>Full path of <c>fusionc.dll</c>.</summary>
    [Required]
    public string CompilerAssembly { get; set; } = "";

    /// <summary>Folder of the pages that explain the codes.</summary>
    public string HelpPath { get; set; } = "";

    /// <summary>Whether warnings are errors. MSBuild applies the property of that name to the C# compiler alone.</summary>
    public bool TreatWarningsAsErrors { get; set; }

    /// <summary>Codes that stay warnings all the same, or are not said at all: separated by semicolons or commas, as MSBuild
    /// reads them.</summary>
    public string WarningsNotAsErrors { get; set; } = "";

    /// <summary>Full path of <c>dotnet</c>; empty for the one on the path.</summary>
    public string DotNetHost { get; set; } = "";

    /// <inheritdoc/>
    protected override string ToolName => Path.DirectorySeparatorChar == '\\' ? "dotnet.exe" : "dotnet";

    /// <inheritdoc/>
    protected override Encoding StandardOutputEncoding => Encoding.UTF8;

    /// <inheritdoc/>
    protected override Encoding StandardErrorEncoding => Encoding.UTF8;

    /// <summary>The option of fusionc that takes the request.</summary>
    protected abstract string RequestSwitch { get; }

    /// <summary>What to say when fusionc is started; the reason follows.</summary>
    protected abstract string StartedMessage { get; }

    /// <summary>What to say when there is nothing to do.</summary>
    protected abstract string UpToDateMessage { get; }

    /// <summary>Folder of the project.</summary>
    protected string ProjectDirectory => Path.GetDirectoryName(ProjectFile)!;

    /// <inheritdoc/>
    public override bool Execute()
    {
        request = CreateRequest();
        requestHash = Hash.Of(request);
        for (var i = 0; i < Attempts; i++)
        {
            if (!RunOnce() || Log.HasLoggedErrors) return false;
            if ((upToDate ?? BuildState.Read(StateFile)) is not { } state || state.RequestHash != requestHash) continue;
            TakeOutputs(state);
            return !Log.HasLoggedErrors;
        }

        Report(new Diagnostic(DiagnosticSeverity.Error, "FUSION1032",
            $"fusionc did its work, but another build of this project replaced or deleted '{StateFile}' each time before it could be "
            + "read. Builds that run at the same time with other settings for kernels need folders of their own, for example by "
            + "--artifacts-path; or let one end before the other."));
        return false;
    }

    /// <summary>The request as text.</summary>
    protected abstract string CreateRequest();

    /// <summary>Takes what a good run left.</summary>
    /// <param name="state">State of that run.</param>
    protected abstract void TakeOutputs(BuildState state);

    /// <inheritdoc/>
    protected override bool SkipTaskExecution()
    {
        upToDate = null;
        var state = BuildState.Read(StateFile);
        var reason = state is null ? "there is no finished build to go on from" : state.WhyStale(requestHash);
        if (reason is null)
        {
            // A warning that shows once and then hides would let a second build pass that the first rightly refused.
            foreach (var diagnostic in state!.Diagnostics) Report(diagnostic);
            Log.LogMessage(MessageImportance.Low, UpToDateMessage);
            upToDate = state;
            return true;
        }

        Log.LogMessage(MessageImportance.Low, $"{StartedMessage}, because {reason}.");
        requestFile = RequestFile.TryWrite(StateFile, request, out var problem);
        if (problem is not null) Report(problem);
        return requestFile is null;
    }

    // Of several projects that one process builds, none can count on the current folder.
    /// <inheritdoc/>
    protected override string GetWorkingDirectory() => ProjectDirectory;

    /// <inheritdoc/>
    protected override string GenerateFullPathToTool() => DotNetHost.Length > 0 ? DotNetHost : ToolName;

    /// <inheritdoc/>
    protected override string GenerateCommandLineCommands()
    {
        var line = new CommandLineBuilder();
        line.AppendSwitch("exec");
        line.AppendFileNameIfNotNull(CompilerAssembly);
        line.AppendSwitchIfNotNull(RequestSwitch + " ", requestFile?.Path);
        return line.ToString();
    }

    /// <inheritdoc/>
    protected override void LogEventsFromTextOutput(string singleLine, MessageImportance messageImportance)
    {
        if (Diagnostic.TryParse(singleLine) is { } diagnostic)
        {
            Report(diagnostic);
            return;
        }

        unexplained.AppendLine(singleLine);
        Log.LogMessage(MessageImportance.Normal, singleLine);
    }

    /// <inheritdoc/>
    protected override bool HandleTaskExecutionErrors()
    {
        if (!Log.HasLoggedErrors)
        {
            Report(new Diagnostic(DiagnosticSeverity.Error, "FUSION1030",
                $"fusionc ended with code {ExitCode} without saying why. The command was: {GenerateFullPathToTool()} "
                + $"{GenerateCommandLineCommands()}\n{unexplained}"));
            // It stays where the message says.
            requestFile = null;
        }

        return false;
    }

    private bool RunOnce()
    {
        try
        {
            return base.Execute();
        }
        finally
        {
            if (requestFile?.KeepAsLast() is { } problem) Log.LogMessage(MessageImportance.Low, problem);
            requestFile = null;
        }
    }

    private void Report(Diagnostic diagnostic) => new DiagnosticLog(Log)
    {
        ProjectFile = ProjectFile,
        HelpPath = HelpPath,
        TreatWarningsAsErrors = TreatWarningsAsErrors,
        WarningsNotAsErrors = WarningsNotAsErrors,
    }.Report(diagnostic);
}
