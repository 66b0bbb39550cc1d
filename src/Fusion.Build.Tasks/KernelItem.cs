using Fusion.Build.Contract;
using Microsoft.Build.Framework;

namespace Fusion.Build.Tasks;

/// <summary>Reads a <c>FusionKernel</c> item.</summary>
internal static class KernelItem
{
    /// <summary>Reads all of them. One that stands twice in a project, by a folder's pattern and by its name, is one.</summary>
    public static IEnumerable<KernelRequest> ToRequests(IEnumerable<ITaskItem> items, string projectDirectory) => items
        .Select(item => ToRequest(item, projectDirectory))
        .GroupBy(kernel => Record.Join(kernel.ToFields())).Select(same => same.First());

    public static KernelRequest ToRequest(ITaskItem item, string projectDirectory) => new()
    {
        Source = item.GetMetadata("FullPath"),
        Name = Name(item, projectDirectory),
        Architectures = item.GetMetadata("Architectures"),
        Defines = item.GetMetadata("Defines"),
        IncludePaths = item.GetMetadata("IncludePaths"),
        Std = item.GetMetadata("Std"),
        MaxRegisters = item.GetMetadata("MaxRegisters"),
        FastMath = item.GetMetadata("FastMath"),
        LineInfo = item.GetMetadata("LineInfo"),
        NameExpressions = item.GetMetadata("NameExpressions"),
        AdditionalOptions = item.GetMetadata("AdditionalOptions"),
    };

    // The path in the project keeps two kernels of one name in two folders apart; a file from outside has its name alone.
    private static string Name(ITaskItem item, string projectDirectory)
    {
        var name = item.GetMetadata("LogicalName");
        if (name.Length == 0)
        {
            var path = item.GetMetadata("FullPath");
            var root = projectDirectory.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar;
            var inside = path.StartsWith(root, StringComparison.Ordinal) ? path.Substring(root.Length) : Path.GetFileName(path);
            name = Path.ChangeExtension(inside, null);
        }

        return name.Replace('\\', '/');
    }
}
