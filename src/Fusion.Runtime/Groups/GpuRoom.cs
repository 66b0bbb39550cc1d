namespace Fusion.Runtime;

/// <summary>A GPU and what the ranks on it share.</summary>
internal sealed class GpuRoom : IDisposable
{
    private readonly Lock gate = new();
    private readonly KernelLoadOptions? options;
    private KernelLibrary? kernels;

    /// <param name="gpu">Its number.</param>
    /// <param name="ranks">How many ranks of the group are on it.</param>
    /// <param name="options">How to load the kernels.</param>
    public GpuRoom(int gpu, int ranks, KernelLoadOptions? options)
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
            lock (gate) return kernels ??= KernelLibrary.Load(typeof(GpuRoom).Assembly, Context, options);
        }
    }

    public void Dispose()
    {
        lock (gate) kernels?.Dispose();
        Context.Dispose();
    }
}
