using System.ComponentModel;
using System.Reflection;

namespace Fusion.Runtime;

/// <summary>What the launchers of an assembly share: its kernels on each GPU. For code that the SDK generates.</summary>
/// <remarks>The kernels of a GPU are loaded once, when <see cref="Load"/> or a launch first asks for them. Members may be
/// called from any thread.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KernelLaunchers
{
    private readonly Assembly assembly;
    private readonly KernelDeclaration[] declarations;
    private readonly Lock gate = new();
    private Loaded[] loaded = [];

    /// <summary>Creates the launchers of an assembly; loads nothing.</summary>
    /// <param name="assembly">The assembly that carries the kernels.</param>
    /// <param name="declarations">The kernels that have launchers.</param>
    public KernelLaunchers(Assembly assembly, params ReadOnlySpan<KernelDeclaration> declarations) =>
        (this.assembly, this.declarations) = (assembly, declarations.ToArray());

    /// <summary>Loads the kernels on a GPU, or gives those that are loaded.</summary>
    /// <param name="context">The GPU; when it is disposed, so is the library.</param>
    /// <param name="options">Choices for tests; null for none.</param>
    /// <returns>The library, the same one each time. Who disposes it lets the next launch load another one.</returns>
    /// <exception cref="LauncherMismatchException">A kernel takes other parameters than its launcher gives.</exception>
    /// <exception cref="InvalidOperationException">They are loaded, with other options.</exception>
    /// <exception cref="FusionException">As in <see cref="KernelLibrary.Load"/>.</exception>
    public KernelLibrary Load(GpuContext context, KernelLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var found = Find(context) ?? LoadOnce(context, options);
        return options is null || options.Kind == found.Kind
            ? found.Library
            : throw new InvalidOperationException(
                "The kernels are loaded on this GPU, with other options. Load them with options before the first launch.");
    }

    /// <summary>A kernel on a GPU; loads all of them if that was not done before.</summary>
    /// <param name="context">The GPU.</param>
    /// <param name="index">Number of its declaration.</param>
    /// <exception cref="KernelNotFoundException">The image for this GPU does not have it.</exception>
    public Kernel Get(GpuContext context, int index)
    {
        ArgumentNullException.ThrowIfNull(context);
        var found = Find(context) ?? LoadOnce(context, null);
        return found.Kernels[index] ?? found.Library.GetKernel(declarations[index].Module, declarations[index].Name);
    }

    /// <summary>A kernel on the GPU of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="index">Number of its declaration.</param>
    public Kernel Get(GpuStream stream, int index)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Get(stream.Context, index);
    }

    // Each launch comes here: no lock, no allocation.
    private Loaded? Find(GpuContext context)
    {
        foreach (var one in Volatile.Read(ref loaded))
        {
            if (ReferenceEquals(one.Context, context) && !one.Library.IsDisposed) return one;
        }

        return null;
    }

    private Loaded LoadOnce(GpuContext context, KernelLoadOptions? options)
    {
        lock (gate)
        {
            if (Find(context) is { } found) return found;
            var library = KernelLibrary.Load(assembly, context, options);
            Kernel?[] kernels;
            try
            {
                var named = declarations.Select(d => (d.Module, d.Name)).ToHashSet();
                kernels = [.. declarations.Select(d => LauncherCheck.Find(
                    d, LauncherCheck.Candidates(d, named, library.Kernels, Of), Of))];
                context.Own(library);
            }
            catch
            {
                library.Dispose();
                throw;
            }

            var added = new Loaded(context, library, options?.Kind, kernels);
            Volatile.Write(ref loaded, [.. loaded.Where(one => !one.Library.IsDisposed), added]);
            return added;
        }
    }

    private static (string Module, Manifest.KernelEntry Entry) Of(Kernel kernel) => (kernel.Module, kernel.Entry);

    private sealed record Loaded(GpuContext Context, KernelLibrary Library, Manifest.ImageKind? Kind, Kernel?[] Kernels);
}
