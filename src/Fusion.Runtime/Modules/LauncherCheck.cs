using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Finds the kernel that a launcher was generated for, and compares the two.</summary>
internal static class LauncherCheck
{
    /// <summary>The kernels that may be a launcher's: those that have the name of another one are not.</summary>
    /// <param name="declaration">What the launcher knows.</param>
    /// <param name="named">Module and kernel of each launcher.</param>
    /// <param name="kernels">All kernels.</param>
    /// <param name="entry">What the manifest says of one.</param>
    public static IEnumerable<T> Candidates<T>(
        KernelDeclaration declaration, IReadOnlySet<(string Module, string Kernel)> named, IEnumerable<T> kernels,
        Func<T, (string Module, KernelEntry Entry)> entry) => kernels.Where(kernel =>
        {
            var (module, known) = entry(kernel);
            return module == declaration.Module && (known.Name == declaration.Name || !named.Contains((module, known.Name)));
        });

    /// <summary>Finds a kernel.</summary>
    /// <param name="declaration">What the launcher knows.</param>
    /// <param name="kernels">The kernels that are there, each with its module.</param>
    /// <param name="entry">What the manifest says of one.</param>
    /// <returns>Null if it is not there: an <c>#if</c> may have left it out.</returns>
    /// <exception cref="LauncherMismatchException">It takes other parameters.</exception>
    public static T? Find<T>(
        KernelDeclaration declaration, IEnumerable<T> kernels, Func<T, (string Module, KernelEntry Entry)> entry)
        where T : class
    {
        var inModule = kernels.Where(k => entry(k).Module == declaration.Module).ToList();
        var found = KernelMatch.Find(declaration.Name, inModule.ConvertAll(k => entry(k).Entry));
        if (found is null) return null;
        Check(declaration, found);
        return inModule.Find(k => ReferenceEquals(entry(k).Entry, found));
    }

    private static void Check(KernelDeclaration declaration, KernelEntry kernel)
    {
        if (declaration.Parameters is not { } declared) return;
        if (declared.Count != kernel.Parameters.Count)
        {
            throw new LauncherMismatchException(
                declaration, $"the launcher gives {declared.Count} arguments, the kernel takes {kernel.Parameters.Count}");
        }

        for (var i = 0; i < declared.Count; i++)
        {
            if (declared[i].Size == 0 || declared[i].Size == kernel.Parameters[i].Size) continue;
            throw new LauncherMismatchException(
                declaration,
                $"for its parameter {i}, '{declared[i].Type} {declared[i].Name}', the launcher gives " +
                $"{KernelArgumentException.Bytes(declared[i].Size)}, the kernel takes {kernel.Parameters[i].Size}");
        }
    }
}
