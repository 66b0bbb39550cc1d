using System.ComponentModel;
using System.Reflection;

namespace Fusion.Runtime;

/// <summary>Kernels of an assembly on each GPU, which its generated launchers share. For generated code.</summary>
/// <remarks>The kernels are loaded on a GPU once, by <see cref="Load"/> or the first launch. Members may be called from any
/// thread.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class KernelLaunchers
{
    private static int count;

    private readonly Assembly assembly;
    private readonly KernelDeclaration[] declarations;
    private readonly Lock gate = new();
    private readonly int number = Interlocked.Increment(ref count) - 1;

    /// <summary>Makes the launchers of an assembly without loading anything.</summary>
    /// <param name="assembly">Assembly that carries the kernels.</param>
    /// <param name="declarations">Declarations of the kernels that have launchers.</param>
    public KernelLaunchers(Assembly assembly, params ReadOnlySpan<KernelDeclaration> declarations) =>
        (this.assembly, this.declarations) = (assembly, declarations.ToArray());

    /// <summary>Loads the kernels on a GPU, unless they are loaded already.</summary>
    /// <param name="context">Context of the GPU; the library is disposed with it.</param>
    /// <param name="options">Options for tests; null for none.</param>
    /// <returns>The library, the same one each time. After it is disposed, the next launch loads another one.</returns>
    /// <exception cref="LauncherMismatchException">A kernel's parameters differ from those that its launcher
    /// passes.</exception>
    /// <exception cref="InvalidOperationException">The kernels are loaded already, with other options.</exception>
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

    /// <summary>Gets a kernel on a GPU, after loading all kernels there if necessary.</summary>
    /// <param name="context">Context of the GPU.</param>
    /// <param name="index">Index of the kernel's declaration.</param>
    /// <exception cref="KernelNotFoundException">The image for this GPU does not have it.</exception>
    public Kernel Get(GpuContext context, int index)
    {
        ArgumentNullException.ThrowIfNull(context);
        var found = Find(context) ?? LoadOnce(context, null);
        return found.Kernels[index] ?? found.Library.GetKernel(declarations[index].Module, declarations[index].Name);
    }

    /// <summary>Gets a kernel on the GPU of a stream, after loading all kernels there if necessary.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="index">Index of the kernel's declaration.</param>
    public Kernel Get(GpuStream stream, int index)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Get(stream.Context, index);
    }

    // Every launch calls this: no lock, no allocation. A context that is forgotten takes its kernels along.
    private Loaded? Find(GpuContext context) =>
        context.Slot(number) is Loaded found && !found.Library.IsDisposed ? found : null;

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

            var added = new Loaded(library, options?.Kind, kernels);
            context.SetSlot(number, added);
            return added;
        }
    }

    private static (string Module, Manifest.KernelEntry Entry) Of(Kernel kernel) => (kernel.Module, kernel.Entry);

    private sealed record Loaded(KernelLibrary Library, Manifest.ImageKind? Kind, Kernel?[] Kernels);
}
