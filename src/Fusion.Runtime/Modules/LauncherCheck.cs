using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Finds the kernel that a launcher was generated for, and checks that their parameters agree.</summary>
internal static class LauncherCheck
{
    /// <summary>Gets the kernels that may belong to a launcher: all of its module but those that have another launcher's
    /// name.</summary>
    /// <param name="declaration">Declaration of the launcher.</param>
    /// <param name="named">Module and kernel of each launcher.</param>
    /// <param name="kernels">All kernels.</param>
    /// <param name="entry">Function that gets module and manifest entry of a kernel.</param>
    public static IEnumerable<T> Candidates<T>(
        KernelDeclaration declaration, IReadOnlySet<(string Module, string Kernel)> named, IEnumerable<T> kernels,
        Func<T, (string Module, KernelEntry Entry)> entry) => kernels.Where(kernel =>
        {
            var (module, known) = entry(kernel);
            return module == declaration.Module && (known.Name == declaration.Name || !named.Contains((module, known.Name)));
        });

    /// <summary>Finds the kernel of a launcher.</summary>
    /// <param name="declaration">Declaration of the launcher.</param>
    /// <param name="kernels">Kernels that may belong to the launcher.</param>
    /// <param name="entry">Function that gets module and manifest entry of a kernel.</param>
    /// <returns>The kernel; null if there is none, since an <c>#if</c> may have left it out.</returns>
    /// <exception cref="KernelLoadException">The kernel's parameters differ from those that the launcher
    /// passes.</exception>
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
            throw LoadErrors.LauncherMismatch(
                declaration, $"the launcher gives {declared.Count} arguments, the kernel takes {kernel.Parameters.Count}");
        }

        for (var i = 0; i < declared.Count; i++)
        {
            if (declared[i].Size == 0 || declared[i].Size == kernel.Parameters[i].Size) continue;
            throw LoadErrors.LauncherMismatch(
                declaration,
                $"for its parameter {i}, '{declared[i].Type} {declared[i].Name}', the launcher gives " +
                $"{KernelErrors.Bytes(declared[i].Size)}, the kernel takes {kernel.Parameters[i].Size}");
        }
    }
}
