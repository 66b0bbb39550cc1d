using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A run that was started, and its results by name. They are good until the next run.</summary>
public readonly struct GraphRun
{
    private readonly CompiledGraph graph;

    internal GraphRun(CompiledGraph graph, int tokens, int? bucket) => (this.graph, Tokens, Bucket) = (graph, tokens, bucket);

    /// <summary>Tokens of the run.</summary>
    public int Tokens { get; }

    /// <summary>Tokens of the CUDA graph that was launched; null if none was.</summary>
    public int? Bucket { get; }

    /// <summary>Where a result is. What is behind the run in the rank's stream may read it; others after
    /// <see cref="CompiledGraph.Synchronize"/>.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <exception cref="GraphRunException">There is no such output.</exception>
    public DeviceTensor Output(int rank, string output)
    {
        var tensor = graph.OutputOf(output);
        return tensor.Type.At(graph.With(rank, memory => memory.AddressOf(tensor)), Tokens);
    }

    /// <summary>Waits for the run and copies a result.</summary>
    /// <typeparam name="T">What to copy it as, such as <see cref="BFloat16"/>, or a byte.</typeparam>
    /// <param name="rank">The rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <exception cref="GraphRunException">There is no such output, or it is the user's own memory, or no whole number of such
    /// elements.</exception>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public T[] Read<T>(int rank, string output)
        where T : unmanaged
    {
        var tensor = graph.OutputOf(output);
        var bytes = tensor.Type.Bytes(Tokens);
        var values = new T[bytes / Unsafe.SizeOf<T>()];
        if ((long)values.Length * Unsafe.SizeOf<T>() != bytes)
        {
            throw new GraphRunException(GraphErrorCodes.Binding,
                $"Output '{output}' has {bytes} bytes, which are no whole number of {typeof(T).Name}; it is {tensor.Type}.");
        }

        graph.Synchronize();
        return graph.With(rank, memory => memory.TryRead(tensor, MemoryMarshal.AsBytes(values.AsSpan()))) ? values : throw new GraphRunException(GraphErrorCodes.Binding,
            $"Output '{output}' is a weight in memory of yours, which only you can copy; {nameof(Output)} says where it is.");
    }
}
