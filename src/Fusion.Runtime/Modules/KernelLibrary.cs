using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Kernels of an assembly, loaded on a GPU.</summary>
/// <remarks>All kernels are loaded at once, so that no launch waits for a load. Dispose it after the last launch has ended
/// and before its context. Members may be called from any thread.</remarks>
public sealed partial class KernelLibrary : IDisposable
{
    private readonly List<LoadedModule> loaded = [];
    private readonly GpuContext? ownedContext;
    private volatile bool disposed;

    private KernelLibrary(
        Assembly assembly, KernelManifest manifest, IEnumerable<KernelModule> modules, GpuContext context, bool ownsContext,
        ImageKind? kind)
    {
        Context = context;
        ownedContext = ownsContext ? context : null;
        Manifest = manifest;
        try
        {
            context.MakeCurrent();
            kind ??= GpuDriver.OnlyKind;
            var limit = PtxVersions.LimitFor(GpuDriver.Version);
            var choices = modules.Select(m => ImageSelector.Choose(m, context.Device.Capability, limit, kind)).ToList();
            choices.ForEach(choice => ThrowUnlessChosen(choice, context.Device, kind));
            var nvrtc = Version.TryParse(manifest.Nvrtc, out var version) ? version : null;
            foreach (var choice in choices) loaded.Add(new LoadedModule(context, assembly, choice, nvrtc));
        }
        catch
        {
            Dispose();
            throw;
        }

        Kernels = [.. loaded.SelectMany(module => module.Kernels)];
        Modules = [.. loaded.Select(module => module.Choice)];
    }

    /// <summary>Context in which the kernels are loaded.</summary>
    public GpuContext Context { get; }

    /// <summary>Manifest of the assembly's kernels.</summary>
    public KernelManifest Manifest { get; }

    /// <summary>Modules of the library, each with the image that was loaded and the reason.</summary>
    public IReadOnlyList<ImageChoice> Modules { get; } = [];

    /// <summary>Kernels of the library, in the order of the manifest.</summary>
    public IReadOnlyList<Kernel> Kernels { get; } = [];

    internal bool IsDisposed => disposed;

    /// <summary>Loads all kernels of an assembly on a GPU, except those of <c>FusionAllReduce</c> items, which an
    /// <see cref="AllReduce"/> loads itself.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <param name="context">Context to load the
    /// kernels in, which the caller still owns; null for the library's own context of GPU 0.</param>
    /// <param name="options">Options for tests; null for none.</param>
    /// <returns>A library, to be disposed.</returns>
    /// <exception cref="KernelLoadException">The assembly has no kernels.</exception>
    /// <exception cref="KernelLoadException">The manifest of its kernels cannot be read.</exception>
    /// <exception cref="NoGpuException">There is no CUDA driver.</exception>
    /// <exception cref="NoGpuException">There is no GPU.</exception>
    /// <exception cref="KernelLoadException">No image of a module runs on the GPU.</exception>
    /// <exception cref="KernelLoadException">The only image that runs on the GPU is newer than the driver.</exception>
    /// <exception cref="KernelLoadException">An image is not what the compiler made.</exception>
    /// <exception cref="KernelLoadException">The kernels of an image differ from those in the manifest.</exception>
    /// <exception cref="GpuException">The driver cannot load an image.</exception>
    public static KernelLibrary Load(Assembly assembly, GpuContext? context = null, KernelLoadOptions? options = null)
    {
        var manifest = ReadManifest(assembly);
        var modules = manifest.Modules.Where(module => !AllReduceKernelName.IsModule(module.Name));
        return new(assembly, manifest, modules, context ?? GpuContext.Open(), context is null, options?.Kind);
    }

    /// <summary>Loads one module of an assembly.</summary>
    /// <exception cref="FusionException">As in <see cref="Load"/>.</exception>
    internal static KernelLibrary LoadModule(Assembly assembly, KernelModule module, GpuContext context, KernelLoadOptions? options) =>
        new(assembly, ReadManifest(assembly), [module], context, false, options?.Kind);

    /// <summary>Reads the manifest of an assembly's kernels, without a GPU.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <exception cref="KernelLoadException">The assembly has no kernels.</exception>
    /// <exception cref="KernelLoadException">The manifest of its kernels cannot be read.</exception>
    public static KernelManifest ReadManifest(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return ManifestReader.Read(assembly);
    }

    /// <summary>Finds a kernel by its name.</summary>
    /// <param name="name">Name of the kernel in the source, or the name expression of a template's instantiation.</param>
    /// <exception cref="FusionArgumentException">No module has such a kernel.</exception>
    /// <exception cref="FusionArgumentException">Several modules have such a kernel.</exception>
    public Kernel GetKernel(string name) => Find(null, name);

    /// <summary>Finds a kernel by its name in a module.</summary>
    /// <param name="module">Name of the module, such as <c>kernels/rms_norm</c>.</param>
    /// <param name="name">Name of the kernel in the source, or the name expression of a template's instantiation.</param>
    /// <exception cref="FusionArgumentException">The module has no such kernel.</exception>
    public Kernel GetKernel(string module, string name)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Find(module, name);
    }

    /// <summary>Unloads the kernels. Disposing twice is harmless.</summary>
    public void Dispose()
    {
        disposed = true;
        loaded.ForEach(module => module.Dispose());
        ownedContext?.Dispose();
    }

    /// <summary>Throws if no image was chosen.</summary>
    internal static void ThrowUnlessChosen(ImageChoice choice, string gpuName, ComputeCapability gpu, Version driver, ImageKind? kind)
    {
        if (choice.Image is not null) return;
        throw choice.TooNewForDriver is { } image
            ? LoadErrors.DriverTooOldForPtx(choice.Module, image, driver)
            : LoadErrors.NoSuitableImage(choice.Module, gpuName, gpu, kind);
    }

    private static void ThrowUnlessChosen(ImageChoice choice, GpuDevice device, ImageKind? kind) =>
        ThrowUnlessChosen(choice, device.Name, device.Capability, GpuDriver.Version, kind);

    private Kernel Find(string? module, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return KernelLookup.Find(Kernels, kernel => (kernel.Module, kernel.Name), module, name);
    }
}

/// <summary>Options with which kernels are loaded. The defaults are right except for tests.</summary>
public sealed record KernelLoadOptions
{
    /// <summary>Kind of image to load: <see cref="ImageKind.Ptx"/> checks the PTX on a GPU that would load a cubin. Null for
    /// the best image of either kind.</summary>
    public ImageKind? Kind { get; init; }
}
