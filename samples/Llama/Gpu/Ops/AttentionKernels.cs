using Fusion.Runtime;

namespace Llama.Gpu.Ops;

/// <summary>The kernels of attention for a model on a GPU: they are compiled for a type and a size of heads each.</summary>
internal sealed class AttentionKernels
{
    /// <summary>Number of threads in a block of <see cref="Decode"/>.</summary>
    public const int DecodeBlock = 128;

    /// <summary>Number of query heads that one block of decode can share keys and values among.</summary>
    private static readonly int[] Shares = [1, 2, 4, 8];

    /// <summary>Sizes of heads for which there are kernels.</summary>
    private static readonly int[] HeadSizes = [32, 64, 128];

    /// <param name="context">The GPU.</param>
    /// <param name="type">Type of activations and cache.</param>
    /// <param name="headSize">Size of a head.</param>
    /// <param name="share">Number of query heads for each head of keys and values.</param>
    /// <exception cref="ArgumentException">There is no kernel for the type or the size.</exception>
    public AttentionKernels(GpuContext context, ElementType type, int headSize, int share)
    {
        if (!HeadSizes.Contains(headSize))
            throw new ArgumentException($"The model's heads have {headSize} elements; attention has kernels for {string.Join(", ", HeadSizes)}.");
        var word = WordOf(type);
        HeadsPerBlock = Shares.FirstOrDefault(one => one >= share, Shares[^1]);
        BlocksPerShare = (share + HeadsPerBlock - 1) / HeadsPerBlock;
        var library = Kernels.Load(context);
        Decode = library.GetKernel($"decode_{word}_d{headSize}_g{HeadsPerBlock}");
        DecodeBlocksPerMultiprocessor = Decode.BlocksPerMultiprocessor(DecodeBlock);
        Prefill = library.GetKernel($"prefill_{word}_d{headSize}");
    }

    /// <summary>The kernel for tokens that are the only ones of their sequence in a step.</summary>
    public Kernel Decode { get; }

    /// <summary>The kernel for several tokens of a sequence.</summary>
    public Kernel Prefill { get; }

    /// <summary>Number of blocks of <see cref="Decode"/> that are resident on a multiprocessor.</summary>
    public int DecodeBlocksPerMultiprocessor { get; }

    /// <summary>Most query heads of a block of <see cref="Decode"/>.</summary>
    public int HeadsPerBlock { get; }

    /// <summary>Number of blocks of <see cref="Decode"/> for the query heads that share keys and values.</summary>
    public int BlocksPerShare { get; }

    /// <summary>Gets the word of a type in names of kernels.</summary>
    /// <exception cref="ArgumentException">The type is not bf16 or f16.</exception>
    public static string WordOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => "bf16",
        ElementType.Float16 => "f16",
        _ => throw new ArgumentException($"The model's activations are {type}; there are kernels for bf16 and f16."),
    };
}
