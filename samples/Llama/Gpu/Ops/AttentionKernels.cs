using Fusion.Runtime;
using Llama.Gpu.Steps;

namespace Llama.Gpu.Ops;

/// <summary>The kernels of attention for a model on a GPU: they are compiled for a type and a size of heads each.</summary>
internal sealed class AttentionKernels
{
    // Number of threads in a block of decode.
    private const int DecodeBlock = 128;

    // Most query heads of a block of decode.
    private const int QueriesOfABlock = 8;

    // Most blocks of decode that share a sequence, in a cluster.
    private const int MaxCluster = 8;

    /// <summary>Sizes of heads for which there are kernels.</summary>
    private static readonly int[] HeadSizes = [32, 64, 128];

    private readonly int blocksPerShare;
    private readonly int sharedBytes;

    // How many sequences 8, 4 and 2 blocks each can share at a time; nothing where there are no clusters.
    private readonly List<(int Blocks, int AtATime)> clusters = [];

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
        blocksPerShare = (share + QueriesOfABlock - 1) / QueriesOfABlock;
        var library = Kernels.Load(context);
        Decode = library.GetKernel($"decode_{word}_d{headSize}");
        sharedBytes = SharedBytesOf(headSize);
        for (var blocks = MaxCluster; blocks > 1; blocks /= 2)
        {
            var atATime = Decode.ClustersAtATime(DecodeShape(blocks, 1, 1));
            if (atATime > 0) clusters.Add((blocks, atATime));
        }

        Prefill = library.GetKernel($"prefill_{word}_d{headSize}");
    }

    /// <summary>The kernel for tokens that are the only ones of their sequence in a step.</summary>
    public Kernel Decode { get; }

    /// <summary>The kernel for several tokens of a sequence.</summary>
    public Kernel Prefill { get; }

    /// <summary>Gets the shape of <see cref="Decode"/> for a step. As many blocks share a sequence as let all of them be resident at a
    /// time; the bits do not depend on it.</summary>
    /// <param name="rows">Number of rows of which the first ones may be of decode.</param>
    /// <param name="keyValueHeads">Number of heads of keys and values.</param>
    public LaunchShape DecodeShape(int rows, int keyValueHeads)
    {
        var (heads, blocks) = (keyValueHeads * blocksPerShare, 1);
        foreach (var cluster in clusters)
        {
            if (rows * heads > cluster.AtATime) continue;
            blocks = cluster.Blocks;
            break;
        }

        return DecodeShape(blocks, heads, rows);
    }

    /// <summary>Gets the word of a type in names of kernels.</summary>
    /// <exception cref="ArgumentException">The type is not bf16 or f16.</exception>
    public static string WordOf(ElementType type) => type switch
    {
        ElementType.BFloat16 => "bf16",
        ElementType.Float16 => "f16",
        _ => throw new ArgumentException($"The model's activations are {type}; there are kernels for bf16 and f16."),
    };

    private LaunchShape DecodeShape(int blocks, int heads, int rows) => new(new Dim3(blocks, heads, rows), DecodeBlock)
    {
        Cluster = blocks > 1 ? new Dim3(blocks) : null,
        SharedBytes = sharedBytes,
        ProgrammaticLaunch = true,
    };

    // As attention_decode.cuh has and checks it: two tiles of keys and of values, whose rows are padded, scores of a tile, sums, exponents, totals.
    private static int SharedBytesOf(int headSize)
    {
        const int Stages = 2;
        var rows = 2 * Stages * StepLayout.Tile * (headSize + 8) * sizeof(ushort);
        var scores = QueriesOfABlock * (StepLayout.Tile + 8) * sizeof(float);
        return rows + scores + (QueriesOfABlock * (headSize + 4 + 2) * sizeof(float));
    }
}
