using Fusion.Graph;
using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Graph;
using Llama.Model.Safetensors;

namespace Llama.Gpu.Ops;

/// <summary>The projection to the vocabulary as a graph of its own, whose tokens are the rows behind which a token is chosen. So it
/// reads no more rows than needed, and a step in which nothing is chosen leaves it out.</summary>
internal sealed class HeadGraph
{
    /// <summary>Name of the input: numbers of the rows, 4-byte integers; -1 pads.</summary>
    public const string Rows = "rows";

    /// <summary>Name of the output with the likeliest token of each row: i32 [rows, 1].</summary>
    public const string Likeliest = "likeliest";

    /// <summary>Name of the output with the logit of that token: f32 [rows, 1].</summary>
    public const string LargestLogit = "largest";

    private const int Block = 256;

    private readonly ulong[] hidden;

    private HeadGraph(int ranks) => hidden = new ulong[ranks];

    /// <summary>The graph.</summary>
    public TensorGraph Graph { get; private set; } = null!;

    /// <summary>Builds the graph.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="ranks">Number of ranks.</param>
    public static HeadGraph Of(ModelConfig config, int ranks)
    {
        var head = new HeadGraph(ranks);
        var type = TensorDataTypes.ElementOf(config.Type);
        var b = new GraphBuilder("head");
        var rows = b.Input(Rows, new TensorType(RowCount.Tokens, 1, ElementType.Float32));
        var x = rows.Call("gather", new CustomOp("gather_rows", types => [new(types[0].Rows, config.Hidden, type)], head.Gather));
        var weight = b.Weight(config.IsTied ? ModelTensors.Embedding : ModelTensors.Head, config.Vocabulary / ranks, config.Hidden, type);
        var logits = x.Matmul(weight, output: ElementType.Float32, name: "lm_head");
        var (likeliest, largest) = logits.TopK(1, "likeliest");
        head.Graph = b.Output(LlamaGraph.Logits, logits).Output(Likeliest, likeliest).Output(LargestLogit, largest).Build();
        return head;
    }

    /// <summary>Says where the rows of a rank are, which must not change once a run was recorded.</summary>
    public void ReadFrom(int rank, in DeviceTensor rows) => hidden[rank] = rows.Address;

    private void Gather(CustomLaunch launch)
    {
        var y = launch.Outputs[0];
        Kernels.GatherRows.Launch(
            launch.Stream!, new((int)y.Rows, Block), new(launch.Inputs[0].Address), new(hidden[launch.Rank.Index]), new(y.Address),
            (int)(y.Columns * sizeof(ushort) / 16));
    }
}
