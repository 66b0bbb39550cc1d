using System.Reflection;
using System.Runtime.InteropServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A GPU of a group, with the context and kernels that its ranks share.</summary>
internal sealed class GroupGpu : IDisposable
{
    private readonly Lock gate = new();
    private readonly KernelLoadOptions? options;
    private readonly Dictionary<KernelModule, KernelLibrary> modules = new(ReferenceEqualityComparer.Instance);

    /// <param name="gpu">Ordinal of the GPU.</param>
    /// <param name="ranks">Number of the group's ranks on the GPU.</param>
    /// <param name="options">Options with which kernels are loaded; null for none.</param>
    public GroupGpu(int gpu, int ranks, KernelLoadOptions? options)
    {
        Context = GpuContext.Open(gpu);
        Ranks = ranks;
        this.options = options;
    }

    public GpuContext Context { get; }

    public int Ranks { get; }

    /// <summary>Chooses the image of a module that the GPU and its driver would load.</summary>
    public ImageChoice Choose(KernelModule module) => ImageSelector.Choose(
        module, Context.Device.Capability, PtxVersions.LimitFor(GpuDriver.Version), options?.Kind ?? GpuDriver.OnlyKind);

    /// <summary>Gets the module of a built-in kernel, loaded at the first use: a group may serve buffers alone, and an operation
    /// needs the modules of its type alone.</summary>
    /// <param name="kernel">Name of the kernel.</param>
    /// <exception cref="FusionArgumentException">There is no such kernel.</exception>
    public KernelLibrary BuiltInKernels(string kernel)
    {
        var assembly = typeof(GroupGpu).Assembly;
        var all = ManifestReader.Read(assembly).Modules
            .SelectMany(module => module.Images.Take(1).SelectMany(image => image.Kernels), (module, entry) => (Module: module, entry.Name))
            .ToList();
        return KernelsOf(assembly, KernelLookup.Find(all, one => (one.Module.Name, one.Name), null, kernel).Module);
    }

    /// <summary>Gets the kernels of a variant, loaded at the first use.</summary>
    public KernelLibrary KernelsOf(AllReduceVariant variant) => KernelsOf(variant.Assembly, variant.Module);

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var library in modules.Values) library?.Dispose();
        }

        Context.Dispose();
    }

    private KernelLibrary KernelsOf(Assembly assembly, KernelModule module)
    {
        lock (gate)
        {
            ref var library = ref CollectionsMarshal.GetValueRefOrAddDefault(modules, module, out _);
            return library ??= KernelLibrary.LoadModule(assembly, module, Context, options);
        }
    }
}
