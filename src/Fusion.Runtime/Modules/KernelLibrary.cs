using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The kernels of an assembly, loaded on a GPU.</summary>
/// <remarks>All kernels are loaded at once, so that no launch waits for a load. Dispose it after the last launch has ended
/// and before its context. Members may be called from any thread.</remarks>
public sealed class KernelLibrary : IDisposable
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
            var limit = PtxVersions.LimitFor(GpuDriver.Version);
            var choices = modules.Select(m => ImageSelector.Choose(m, context.Device.Capability, limit, kind)).ToList();
            choices.ForEach(choice => Demand(choice, context.Device, kind));
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

    /// <summary>Where the kernels are loaded.</summary>
    public GpuContext Context { get; }

    /// <summary>What the assembly carries.</summary>
    public KernelManifest Manifest { get; }

    /// <summary>The modules, each with the image that was loaded and why.</summary>
    public IReadOnlyList<ImageChoice> Modules { get; } = [];

    /// <summary>All kernels, in the manifest's order.</summary>
    public IReadOnlyList<Kernel> Kernels { get; } = [];

    internal bool IsDisposed => disposed;

    /// <summary>Loads all kernels of an assembly, but those of <c>FusionAllReduce</c> items, which an <see cref="AllReduce"/> loads
    /// when it uses them.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <param name="context">The GPU to load them on, which stays the caller's; null for the library's own context of
    /// GPU 0.</param>
    /// <param name="options">Choices for tests; null for none.</param>
    /// <returns>A library, to be disposed.</returns>
    /// <exception cref="NoKernelsException">The assembly has no kernels.</exception>
    /// <exception cref="ManifestException">The list of its kernels cannot be read.</exception>
    /// <exception cref="NoDriverException">There is no CUDA driver.</exception>
    /// <exception cref="NoGpuException">There is no GPU.</exception>
    /// <exception cref="NoSuitableImageException">No image of a module runs on the GPU.</exception>
    /// <exception cref="DriverTooOldException">The only image that would is newer than the driver.</exception>
    /// <exception cref="CorruptedImageException">An image is not what the compiler made.</exception>
    /// <exception cref="KernelMismatchException">An image has other kernels than the manifest says.</exception>
    /// <exception cref="GpuException">The driver cannot load an image.</exception>
    public static KernelLibrary Load(Assembly assembly, GpuContext? context = null, KernelLoadOptions? options = null)
    {
        var manifest = ReadManifest(assembly);
        var modules = manifest.Modules.Where(module => !AllReduceKernelName.IsModule(module.Name));
        return new(assembly, manifest, modules, context ?? GpuContext.Open(), context is null, options?.Kind);
    }

    /// <summary>Loads one module.</summary>
    /// <exception cref="FusionException">As in <see cref="Load"/>.</exception>
    internal static KernelLibrary LoadModule(Assembly assembly, KernelModule module, GpuContext context, KernelLoadOptions? options) =>
        new(assembly, ReadManifest(assembly), [module], context, false, options?.Kind);

    /// <summary>What an assembly carries. Needs no GPU.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <exception cref="NoKernelsException">The assembly has no kernels.</exception>
    /// <exception cref="ManifestException">The list of its kernels cannot be read.</exception>
    public static KernelManifest ReadManifest(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return ManifestReader.Read(assembly);
    }

    /// <summary>Which images a GPU would get. Needs no GPU.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <param name="capability">The GPU's compute capability.</param>
    /// <param name="driverPtx">The newest PTX that the driver takes, <see cref="GpuDriver.MaxPtxVersion"/>; null for a
    /// driver that takes all.</param>
    /// <returns>One for each module; its image is null if none will do.</returns>
    /// <exception cref="NoKernelsException">The assembly has no kernels.</exception>
    /// <exception cref="ManifestException">The list of its kernels cannot be read.</exception>
    public static IReadOnlyList<ImageChoice> Choose(
        Assembly assembly, ComputeCapability capability, Version? driverPtx = null) =>
        [.. ReadManifest(assembly).Modules.Select(module => ImageSelector.Choose(module, capability, driverPtx))];

    /// <summary>Finds a kernel.</summary>
    /// <param name="name">As the source says it, or the name expression of a template's instantiation.</param>
    /// <exception cref="KernelNotFoundException">No module has it.</exception>
    /// <exception cref="AmbiguousKernelException">Several modules have it.</exception>
    public Kernel GetKernel(string name) => Find(null, name);

    /// <summary>Finds a kernel in a module.</summary>
    /// <param name="module">Name of the module: <c>kernels/rms_norm</c>.</param>
    /// <param name="name">As the source says it, or the name expression of a template's instantiation.</param>
    /// <exception cref="KernelNotFoundException">The module does not have it.</exception>
    public Kernel GetKernel(string module, string name)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Find(module, name);
    }

    /// <summary>Unloads the kernels. Doing it twice is harmless.</summary>
    public void Dispose()
    {
        disposed = true;
        loaded.ForEach(module => module.Dispose());
        ownedContext?.Dispose();
    }

    /// <summary>Throws if there is no image.</summary>
    internal static void Demand(ImageChoice choice, string gpuName, ComputeCapability gpu, Version driver, ImageKind? kind)
    {
        if (choice.Image is not null) return;
        throw choice.TooNewForDriver is { } image
            ? DriverTooOldException.ForPtx(choice.Module, image, driver)
            : new NoSuitableImageException(choice.Module, gpuName, gpu, kind);
    }

    private static void Demand(ImageChoice choice, GpuDevice device, ImageKind? kind) =>
        Demand(choice, device.Name, device.Capability, GpuDriver.Version, kind);

    private Kernel Find(string? module, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return KernelLookup.Find(Kernels, kernel => (kernel.Module, kernel.Name), module, name);
    }
}

/// <summary>How to load a library's kernels; the default is right except for tests.</summary>
public sealed record KernelLoadOptions
{
    /// <summary>The only kind of image to take: <see cref="ImageKind.Ptx"/> to check the PTX on a GPU that would take a
    /// cubin. Null for the best one.</summary>
    public ImageKind? Kind { get; init; }
}
