using Fusion.Runtime;

namespace Fusion.Graph;

/// <content>Collectives other than the all-reduce.</content>
public readonly partial record struct GraphValue
{
    /// <summary>Adds an all-gather along columns: each row is that row of rank 0's value, then of rank 1's, and so on.</summary>
    /// <param name="ranks">Number of ranks of the group for which the graph is compiled.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <param name="group">Name of the group.</param>
    /// <exception cref="GraphException">The value is not of bf16, f16 or f32 with a multiple of 8 columns.</exception>
    public GraphValue AllGatherColumns(int ranks, string? name = null, string group = "tp")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        var called = Builder.NameOf(name, Words.AllGather);
        var output = new GraphTensor(called, Type with { Columns = checked(ranks * Type.Columns) });
        return new(Builder, Builder.Add(new AllGatherOp(called, group, Tensor, output)).Output);
    }

    /// <summary>Adds a search for the k largest numbers of each row, whose columns are spread over the ranks: the same results on all
    /// ranks, the largest first, of equal numbers the one at the lowest index (<see cref="Collectives.TopK"/>).</summary>
    /// <param name="k">Number of results of a row, 1 to 256, no more than the columns of a rank.</param>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <param name="group">Name of the group.</param>
    /// <returns>Indices over the columns of all ranks, i32 [rows, k], and the numbers, f32 [rows, k].</returns>
    /// <exception cref="GraphException">The value is not of bf16, f16 or f32 with a multiple of 8 columns, or k is
    /// wrong.</exception>
    public (GraphValue Indices, GraphValue Values) TopK(int k, string? name = null, string group = "tp")
    {
        var called = Builder.NameOf(name, Words.TopK);
        var op = Builder.Add(Choice(called, group, k) with { Values = new($"{called}.values", new(Type.Rows, k, ElementType.Float32)) });
        return (new(Builder, op.Indices), new(Builder, op.Values!));
    }

    /// <summary>Adds a search for the largest number of each row, whose columns are spread over the ranks, such as the likeliest token of
    /// logits: <see cref="TopK"/> of one.</summary>
    /// <param name="name">Name of the op; null for its kind and a number.</param>
    /// <param name="group">Name of the group.</param>
    /// <returns>Indices over the columns of all ranks, i32 [rows, 1].</returns>
    /// <exception cref="GraphException">The value is not of bf16, f16 or f32 with a multiple of 8 columns.</exception>
    public GraphValue ArgMax(string? name = null, string group = "tp") =>
        new(Builder, Builder.Add(Choice(Builder.NameOf(name, Words.TopK), group, 1)).Indices);

    private TopKOp Choice(string called, string group, int k) => new(called, group, Tensor, new(called, new(Type.Rows, k, ElementType.Int32)));
}
