using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>A run that was started. Its results, by name, are valid until the next run.</summary>
public sealed class GraphRun
{
    private readonly CompiledGraph graph;
    private readonly long number;

    internal GraphRun(CompiledGraph graph, long number, int tokens, int? bucket) =>
        (this.graph, this.number, Tokens, Bucket) = (graph, number, tokens, bucket);

    /// <summary>Number of tokens of the run.</summary>
    public int Tokens { get; }

    /// <summary>Number of tokens of the recorded CUDA graph that was launched; null if none was.</summary>
    public int? Bucket { get; }

    /// <summary>Gets a result's memory on a rank. Later work in the rank's stream may read it; others after
    /// <see cref="CompiledGraph.Synchronize"/>.</summary>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <exception cref="FusionArgumentException">There is no such output.</exception>
    /// <exception cref="InvalidOperationException">Another run was started meanwhile, which overwrites the results.</exception>
    public DeviceTensor Output(int rank, string output)
    {
        var tensor = graph.OutputOf(output);
        return tensor.Type.At(graph.With(rank, number, memory => memory.AddressOf(tensor)), Tokens);
    }

    /// <summary>Waits until the run is done, without blocking a thread.</summary>
    /// <param name="cancellationToken">Token that ends the wait; the run goes on.</param>
    /// <returns>A task that ends when the run is done.</returns>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public Task SynchronizeAsync(CancellationToken cancellationToken = default) => graph.SynchronizeAsync(cancellationToken);

    /// <summary>Waits for the run and copies a result from a rank.</summary>
    /// <typeparam name="T">Type of the copied elements, such as <see cref="BFloat16"/> or <see cref="byte"/>.</typeparam>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <exception cref="FusionArgumentException">There is no such output, its memory is the caller's own, or it is not a whole
    /// number of such elements.</exception>
    /// <exception cref="InvalidOperationException">Another run was started meanwhile, which overwrites the results.</exception>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public T[] Read<T>(int rank, string output)
        where T : unmanaged
    {
        var values = new T[Length<T>(output)];
        graph.Synchronize();
        Copy(rank, output, values);
        return values;
    }

    /// <summary>Waits for the run and copies some rows of a result from a rank, such as the logits of a few of its tokens.</summary>
    /// <typeparam name="T">Type of the copied elements, such as <see cref="BFloat16"/> or <see cref="byte"/>.</typeparam>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="first">Index of the first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <exception cref="FusionArgumentException">There is no such output, its memory is the caller's own, its rows do not lie one behind
    /// the other, it has not that many rows, or they are not a whole number of such elements.</exception>
    /// <exception cref="InvalidOperationException">Another run was started meanwhile, which overwrites the results.</exception>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public T[] ReadRows<T>(int rank, string output, int first, int count)
        where T : unmanaged
    {
        var type = graph.OutputOf(output).Type;
        var rows = type.Rows.At(Tokens);
        if (first < 0 || count < 0 || first > rows - count)
            throw GraphErrors.Binding(nameof(first), $"Rows {first} to {(long)first + count - 1} of output '{output}' were asked for; it has {rows} rows.");
        if (type.Layout != ScaleLayout.Linear)
            throw GraphErrors.Binding(nameof(output), $"Output '{output}' is {type}, whose rows do not lie one behind the other; read all of it.");
        var bytes = (type with { Rows = RowCount.Of(1) }).Bytes(0);
        if (bytes % Unsafe.SizeOf<T>() != 0)
            throw GraphErrors.Binding(nameof(T), $"A row of output '{output}' has {bytes} bytes, which are no whole number of {typeof(T).Name}; it is {type}.");
        var values = new T[bytes / Unsafe.SizeOf<T>() * count];
        graph.Synchronize();
        Copy(rank, output, values, first * bytes);
        return values;
    }

    /// <summary>Waits for the run without blocking a thread, then copies a result from a rank.</summary>
    /// <typeparam name="T">Type of the copied elements, such as <see cref="BFloat16"/> or <see cref="byte"/>.</typeparam>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="output">Name of the output.</param>
    /// <param name="cancellationToken">Token that ends the wait; the run goes on.</param>
    /// <returns>A task that ends with the result.</returns>
    /// <exception cref="FusionArgumentException">There is no such output, its memory is the caller's own, or it is not a whole
    /// number of such elements.</exception>
    /// <exception cref="InvalidOperationException">Another run was started meanwhile, which overwrites the results.</exception>
    /// <exception cref="FusionException">A rank gave up, or a kernel failed.</exception>
    public async Task<T[]> ReadAsync<T>(int rank, string output, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        var values = new T[Length<T>(output)];
        await graph.SynchronizeAsync(cancellationToken).ConfigureAwait(false);
        Copy(rank, output, values);
        return values;
    }

    private long Length<T>(string output)
        where T : unmanaged
    {
        var type = graph.OutputOf(output).Type;
        var bytes = type.Bytes(Tokens);
        return bytes % Unsafe.SizeOf<T>() == 0 ? bytes / Unsafe.SizeOf<T>() : throw GraphErrors.Binding(nameof(T),
            $"Output '{output}' has {bytes} bytes, which are no whole number of {typeof(T).Name}; it is {type}.");
    }

    private void Copy<T>(int rank, string output, T[] values, long offset = 0)
        where T : unmanaged
    {
        var tensor = graph.OutputOf(output);
        if (graph.With(rank, number, memory => memory.TryRead(tensor, MemoryMarshal.AsBytes(values.AsSpan()), offset))) return;
        throw GraphErrors.Binding(nameof(output),
            $"Output '{output}' is a weight in memory of yours, which only you can copy; {nameof(Output)} says where it is.");
    }
}
