using System.Runtime.InteropServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>A GPU and what the ranks on it share.</summary>
internal sealed class GroupGpu : IDisposable
{
    private readonly Lock gate = new();
    private readonly KernelLoadOptions? options;
    private readonly Dictionary<KernelModule, KernelLibrary> modules = new(ReferenceEqualityComparer.Instance);
    private KernelLibrary? kernels;

    /// <param name="gpu">Its number.</param>
    /// <param name="ranks">How many ranks of the group are on it.</param>
    /// <param name="options">How to load the kernels.</param>
    public GroupGpu(int gpu, int ranks, KernelLoadOptions? options)
    {
        Context = GpuContext.Open(gpu);
        Ranks = ranks;
        this.options = options;
    }

    public GpuContext Context { get; }

    public int Ranks { get; }

    /// <summary>The built-in kernels, loaded at the first use: a group may serve buffers alone.</summary>
    public KernelLibrary Kernels
    {
        get
        {
            lock (gate) return kernels ??= KernelLibrary.Load(typeof(GroupGpu).Assembly, Context, options);
        }
    }

    /// <summary>Which image of a module it would load.</summary>
    public ImageChoice Choose(KernelModule module) => ImageSelector.Choose(
        module, Context.Device.Capability, PtxVersions.LimitFor(GpuDriver.Version), options?.Kind);

    /// <summary>The kernels of a variant, loaded at the first use.</summary>
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
