using Fusion.Build.Contract;
using Microsoft.Build.Framework;

namespace Fusion.Build.Tasks;

/// <summary>Reads a <c>FusionKernel</c> item.</summary>
internal static class KernelItem
{
    /// <summary>Reads all items. One that stands twice in a project, by a folder's pattern and by its name, is one.</summary>
    /// <param name="items">The items.</param>
    /// <param name="projectDirectory">Full path of the project's folder.</param>
    /// <param name="metadata">Names of the metadata that matter: others, such as <c>Link</c>, change nothing.</param>
    public static IEnumerable<KernelRequest> ToRequests(
        IEnumerable<ITaskItem> items, string projectDirectory, IReadOnlyCollection<string> metadata) => items
        .Select(item => ToRequest(item, projectDirectory, metadata))
        .GroupBy(kernel => Record.Join(kernel.ToFields())).Select(same => same.First());

    /// <summary>Reads an item.</summary>
    public static KernelRequest ToRequest(ITaskItem item, string projectDirectory, IReadOnlyCollection<string> metadata)
    {
        var source = item.GetMetadata("FullPath");
        var kernel = new KernelRequest { Source = source, Name = Name(item, source, projectDirectory) };
        foreach (var name in metadata) kernel[name] = item.GetMetadata(name);
        return kernel;
    }

    // The path in the project keeps two kernels of one name in two folders apart; a file from outside has its name alone.
    private static string Name(ITaskItem item, string path, string projectDirectory)
    {
        var name = item.GetMetadata("LogicalName");
        if (name.Length == 0)
        {
            var root = projectDirectory.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar;
            var inside = path.StartsWith(root, StringComparison.Ordinal) ? path.Substring(root.Length) : Path.GetFileName(path);
            name = Path.ChangeExtension(inside, null);
        }

        return name.Replace('\\', '/');
    }
}
