using System.Collections;
using Fusion.Build.Contract;
using Fusion.Build.Tasks;
using Microsoft.Build.Framework;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The build task in this process, with a script in the place of <c>dotnet exec fusionc.dll</c>: what a build does when
/// fusionc or its neighbours behave in ways that can hardly be arranged.</summary>
internal sealed class TaskRun : IBuildEngine, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fusion-task-").FullName;

    public List<BuildErrorEventArgs> Errors { get; } = [];

    public List<BuildWarningEventArgs> Warnings { get; } = [];

    public List<string> Messages { get; } = [];

    public bool ContinueOnError => false;

    public int LineNumberOfTaskNode => 0;

    public int ColumnNumberOfTaskNode => 0;

    public string ProjectFileOfTaskNode => PathOf("App.csproj");

    public string PathOf(string file) => Path.Combine(folder, file);

    /// <summary>A state that is right for what the task asks.</summary>
    public string GoodState() => StateOf(Hash.Of(File.ReadAllText(LastRequest())));

    /// <summary>A state of a build with other settings.</summary>
    public static string StateOf(string requestHash) => new BuildState { RequestHash = requestHash }.ToText();

    /// <summary>Runs the task.</summary>
    /// <param name="script">What stands in for fusionc, in bash; its arguments are <c>exec fusionc.dll --launchers REQUEST</c>.</param>
    public bool Run(string script)
    {
        var host = PathOf("fusionc.sh");
        File.WriteAllText(host, "#!/bin/bash\ncd \"$(dirname \"$0\")\"\n" + script);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(host, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Errors.Clear();
        Warnings.Clear();
        Messages.Clear();
        return new KernelLaunchers
        {
            BuildEngine = this,
            ProjectFile = PathOf("App.csproj"),
            StateFile = PathOf("obj/state"),
            OutputFile = PathOf("obj/launchers.g.cs"),
            ClassName = "Kernels",
            CompilerAssembly = "fusionc.dll",
            HelpPath = folder + "/",
            DotNetHost = host,
        }.Execute();
    }

    /// <summary>Lets the task make its request, by a run that fails, and gives its path.</summary>
    public string LastRequest()
    {
        Run("exit 1");
        return Directory.GetFiles(PathOf("obj"), "*.request").Single();
    }

    public bool BuildProjectFile(string projectFileName, string[] targetNames, IDictionary globalProperties, IDictionary targetOutputs) =>
        throw new NotSupportedException();

    public void LogErrorEvent(BuildErrorEventArgs e) => Errors.Add(e);

    public void LogWarningEvent(BuildWarningEventArgs e) => Warnings.Add(e);

    public void LogMessageEvent(BuildMessageEventArgs e) => Messages.Add(e.Message ?? "");

    public void LogCustomEvent(CustomBuildEventArgs e) => Messages.Add(e.Message ?? "");

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
