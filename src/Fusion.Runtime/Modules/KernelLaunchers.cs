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
    private readonly VariableDeclaration[] variables;
    private readonly Lock gate = new();
    private readonly int number = Interlocked.Increment(ref count) - 1;

    /// <summary>Makes the launchers of an assembly without loading anything.</summary>
    /// <param name="assembly">Assembly that carries the kernels.</param>
    /// <param name="declarations">Declarations of the kernels that have launchers.</param>
    internal KernelLaunchers(Assembly assembly, params ReadOnlySpan<KernelDeclaration> declarations)
        : this(assembly, declarations, [])
    {
    }

    /// <summary>Makes the launchers and accessors of an assembly without loading anything.</summary>
    /// <param name="assembly">Assembly that carries the kernels.</param>
    /// <param name="declarations">Declarations of the kernels that have launchers.</param>
    /// <param name="variables">Declarations of the variables that have accessors.</param>
    public KernelLaunchers(
        Assembly assembly, ReadOnlySpan<KernelDeclaration> declarations, ReadOnlySpan<VariableDeclaration> variables) =>
        (this.assembly, this.declarations, this.variables) = (assembly, declarations.ToArray(), variables.ToArray());

    /// <summary>Loads the kernels on a GPU, unless they are loaded already.</summary>
    /// <param name="context">Context of the GPU; the library is disposed with it.</param>
    /// <param name="options">Which kind of image to load; null for the best one.</param>
    /// <returns>The library, the same one each time. After it is disposed, the next launch loads another one.</returns>
    /// <exception cref="KernelLoadException">A kernel's parameters differ from those that its launcher passes, or a
    /// variable's size from that of its accessor.</exception>
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
    /// <exception cref="FusionArgumentException">The image for this GPU does not have it.</exception>
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

    /// <summary>Gets the memory of a variable on a GPU, after loading all kernels there if necessary.</summary>
    /// <param name="context">Context of the GPU.</param>
    /// <param name="index">Index of the variable's declaration.</param>
    /// <exception cref="FusionArgumentException">The image for this GPU does not have it.</exception>
    internal DeviceSpan<T> GetGlobal<T>(GpuContext context, int index)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(context);
        var found = Find(context) ?? LoadOnce(context, null);
        var (module, name) = (variables[index].Module, found.Names[index]);
        found.Variables[index] ??= found.Library.FindVariable(module, name).Memory;
        return KernelLibrary.Elements<T>((module, found.Variables[index]!), name);
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
            string[] names;
            try
            {
                var named = declarations.Select(d => (d.Module, d.Name)).ToHashSet();
                kernels = [.. declarations.Select(d => LauncherCheck.Find(
                    d, LauncherCheck.Candidates(d, named, library.Kernels, Of), Of))];
                names = [.. variables.Select(variable => VariableCheck.Check(variable, library.Modules)?.Name ?? variable.Name)];
                context.Own(library);
            }
            catch
            {
                library.Dispose();
                throw;
            }

            var added = new Loaded(library, options?.Kind, kernels, names, new DeviceMemory?[names.Length]);
            context.SetSlot(number, added);
            return added;
        }
    }

    private static (string Module, Manifest.KernelEntry Entry) Of(Kernel kernel) => (kernel.Module, kernel.Entry);

    private sealed record Loaded(KernelLibrary Library, Manifest.ImageKind? Kind, Kernel?[] Kernels, string[] Names, DeviceMemory?[] Variables);
}
