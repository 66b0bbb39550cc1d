using Fusion.Graph;
using Fusion.Runtime;

namespace Llama.Gpu.Weights;

/// <summary>Where the weights of ranks come from.</summary>
internal interface IWeightSource
{
    /// <summary>Fills a rank's weight.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="weight">Name and type of the weight in the graph.</param>
    /// <param name="to">Memory of the rank's GPU, as large as the weight.</param>
    void Fill(Rank rank, GraphTensor weight, RankBuffer<byte> to);
}
