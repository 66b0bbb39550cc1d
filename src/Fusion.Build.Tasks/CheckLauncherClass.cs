using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Fusion.Build.Tasks;

/// <summary>Looks whether a namespace of the project has the name of the launchers' class: an IDE gives files in a folder
/// <c>Kernels</c> the namespace <c>App.Kernels</c>. The C# compiler would complain about the generated file, and not say what to do.
/// </summary>
[MSBuildMultiThreadableTask]
public sealed class CheckLauncherClass : Task
{
    /// <summary>The C# files.</summary>
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>Full path of the file with the launchers, which says in which namespace they are.</summary>
    [Required]
    public string LaunchersFile { get; set; } = "";

    /// <summary>Name of the class that holds them.</summary>
    public string ClassName { get; set; } = "";

    /// <summary>Folder of the pages that explain the codes.</summary>
    public string HelpPath { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        var spaces = CSharpNamespaces.Of(File.ReadAllText(LaunchersFile));
        var taken = spaces.Count == 0 ? ClassName : $"{spaces[0]}.{ClassName}";
        if (Sources.Select(source => source.GetMetadata("FullPath")).FirstOrDefault(file => Declares(file, taken)) is not { } found)
        {
            return true;
        }

        var help = HelpPath.Length > 0 ? new Uri(Path.Combine(HelpPath, "FUSION1607.md")).AbsoluteUri : null;
        Log.LogError(null, "FUSION1607", null, help, found, 0, 0, 0, 0,
            $"The namespace '{taken}' of this file has the name of the class for the launchers of the project's kernels, and C# cannot have both. "
            + $"Set another class, <FusionKernelsClass>Gpu{ClassName}</FusionKernelsClass>, or another namespace for it, FusionKernelsNamespace.");
        return false;
    }

    private bool Declares(string file, string taken)
    {
        try
        {
            var text = File.ReadAllText(file);
            // What an #if leaves out is not known here, so such a file is not judged.
            return text.IndexOf(ClassName, StringComparison.Ordinal) >= 0 && text.IndexOf("#if", StringComparison.Ordinal) < 0
                && CSharpNamespaces.Of(text).Any(name => name == taken || name.StartsWith(taken + ".", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The C# compiler says more about it.
            return false;
        }
    }
}
