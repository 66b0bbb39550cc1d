using System.Runtime.InteropServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A GPU of a group, with the context and kernels that its ranks share.</summary>
internal sealed class GroupGpu : IDisposable
{
    private readonly Lock gate = new();
    private readonly KernelLoadOptions? options;
    private readonly Dictionary<KernelModule, KernelLibrary> modules = new(ReferenceEqualityComparer.Instance);
    private KernelLibrary? kernels;

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

    /// <summary>Built-in kernels, loaded at the first use, since a group may serve buffers alone.</summary>
    public KernelLibrary Kernels
    {
        get
        {
            lock (gate) return kernels ??= KernelLibrary.Load(typeof(GroupGpu).Assembly, Context, options);
        }
    }

    /// <summary>Chooses the image of a module that the GPU and its driver would load.</summary>
    public ImageChoice Choose(KernelModule module) => ImageSelector.Choose(
        module, Context.Device.Capability, PtxVersions.LimitFor(GpuDriver.Version), options?.Kind ?? GpuDriver.OnlyKind);

    /// <summary>Gets the kernels of a variant, loaded at the first use.</summary>
    public KernelLibrary KernelsOf(AllReduceVariant variant)
    {
        lock (gate)
        {
            ref var library = ref CollectionsMarshal.GetValueRefOrAddDefault(modules, variant.Module, out _);
            return library ??= KernelLibrary.LoadModule(variant.Assembly, variant.Module, Context, options);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var library in modules.Values) library?.Dispose();
            kernels?.Dispose();
        }

        Context.Dispose();
    }
}
