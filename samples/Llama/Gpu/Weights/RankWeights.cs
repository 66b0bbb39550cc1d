using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Gpu.Weights;

/// <summary>Weights of this process's ranks in the memory of their GPUs, each once, for several graphs.</summary>
internal sealed class RankWeights(RankGroup group, IWeightSource source) : IDisposable
{
    private readonly Dictionary<(int Rank, string Name), RankBuffer<byte>> buffers = [];

    /// <summary>Size of a rank's weights in bytes.</summary>
    public long BytesOfRank => buffers.Where(one => one.Key.Rank == group.LocalRanks[0].Index).Sum(one => one.Value.Length);

    /// <summary>Binds all weights of a graph, and fills those that no graph had before.</summary>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public void Bind(CompiledGraph graph)
    {
        foreach (var weight in graph.Report.Before.Weights)
        {
            var type = weight.Type;
            foreach (var rank in group.LocalRanks)
            {
                if (!buffers.TryGetValue((rank.Index, weight.Name), out var buffer))
                {
                    buffers[(rank.Index, weight.Name)] = buffer = rank.Allocate<byte>(type.Bytes(0));
                    source.Fill(rank, weight, buffer);
                }

                graph.BindWeight(rank.Index, weight.Name, buffer.AsTensor(type.Elements, type.Rows.Count, type.Columns));
            }
        }
    }

    public void Dispose()
    {
        foreach (var buffer in buffers.Values) buffer.Dispose();
        buffers.Clear();
    }
}
