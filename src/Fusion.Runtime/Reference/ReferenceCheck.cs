namespace Fusion.Runtime;

/// <summary>Checks that <see cref="AllReduceReference"/> can compute calls without touching memory outside their
/// tensors.</summary>
internal static class ReferenceCheck
{
    /// <summary>Throws if the calls do not agree or a tensor does not fit.</summary>
    /// <param name="type">Type of the operation.</param>
    /// <param name="calls">Calls of the ranks, call i being rank i's.</param>
    /// <exception cref="ArgumentException">A call is wrong; the message names rank and value.</exception>
    public static void Check(ElementType type, ReadOnlySpan<AllReduceCall> calls)
    {
        if (calls.IsEmpty) throw new ArgumentException("There is no call; give one for each rank.", nameof(calls));
        var (tokens, hidden) = (calls[0].Input.Rows, calls[0].Input.Columns);
        if (hidden is < RowSum.Vector or > RowSum.MaxHidden || hidden % RowSum.Vector != 0)
        {
            throw new ArgumentException(
                $"The input has {hidden} columns; take a multiple of {RowSum.Vector} " +
                $"from {RowSum.Vector} to {RowSum.MaxHidden}.");
        }

        for (var rank = 0; rank < calls.Length; rank++) Check(rank, type, calls[rank], calls[0], tokens, (int)hidden);
    }

    private static void Check(
        int rank, ElementType type, in AllReduceCall call, in AllReduceCall first, long tokens, int hidden)
    {
        ThrowUnlessEqual(rank, "norm", call.Norm.Kind, first.Norm.Kind);
        ThrowUnlessEqual(rank, "quantization", Shape(call.Quantization), Shape(first.Quantization));

        CheckTensor(rank, nameof(call.Input), call.Input, type, tokens, hidden);
        CheckTensor(rank, nameof(call.Residual), call.Residual, type, tokens, hidden);
        CheckTensor(rank, nameof(call.AllReduceOut), call.AllReduceOut, type, tokens, hidden);
        CheckTensor(rank, nameof(call.ResidualOut), call.ResidualOut, type, tokens, hidden);
        CheckTensor(rank, nameof(call.NormOut), call.NormOut, type, tokens, hidden);
        if (call.Norm.Kind != NormKind.None)
        {
            ThrowIfNull(rank, nameof(call.Norm.Gamma), call.Norm.Gamma);
            CheckVector(rank, nameof(call.Norm.Gamma), call.Norm.Gamma, type, hidden);
            CheckVector(rank, nameof(call.Norm.Beta), call.Norm.Beta, type, hidden);
        }

        var quantization = call.Quantization;
        if (quantization.Kind == QuantizationKind.None) return;
        if (CallWords.Of(quantization.Kind) is { TakesScale: true })
        {
            ThrowIfNull(rank, nameof(quantization.Scale), quantization.Scale);
            CheckTensor(rank, nameof(quantization.Scale), quantization.Scale, ElementType.Float32, 1, 1);
        }

        CheckTensor(rank, nameof(call.QuantOut), call.QuantOut, ScaleLayouts.CodeType(quantization), tokens, hidden);
        if (ScaleLayouts.ScaleType(quantization) is not { } scaleType) return;
        var types = CallWords.Of(quantization.Kind)!.Scales.Select(CallWords.TypeOf).ToArray();
        if (!types.Contains(scaleType))
            throw new ArgumentException($"Rank {rank}: scales are {scaleType}; take {string.Join(" or ", types)}.");
        var count = ScaleLayouts.Count(quantization, tokens, hidden);
        if (call.ScaleOut is not { } scales) return;
        ThrowUnlessEqual(rank, nameof(call.ScaleOut), scales.Type, scaleType);
        if (scales.Count >= count) return;
        throw new ArgumentException(
            $"Rank {rank}: {nameof(call.ScaleOut)} has {scales.Count} elements; its layout needs {count}.");
    }

    private static (QuantizationKind, int, ElementType, ScaleLayout) Shape(in Quantization quantization) =>
        (quantization.Kind, quantization.GroupSize, quantization.GroupScaleType, quantization.Layout);

    private static void CheckTensor(int rank, string name, DeviceTensor? tensor, ElementType type, long rows, long columns)
    {
        if (tensor is not { } t) return;
        ThrowUnlessEqual(rank, name, (t.Type, t.Rows, t.Columns), (type, rows, columns));
        if (t.Address == 0 && t.Count != 0) throw new ArgumentException($"Rank {rank}: the address of {name} is null.");
    }

    // A vector may be given as a row or as a column.
    private static void CheckVector(int rank, string name, DeviceTensor? tensor, ElementType type, long count)
    {
        if (tensor is not { Columns: 1 } column) CheckTensor(rank, name, tensor, type, 1, count);
        else CheckTensor(rank, name, column, type, count, 1);
    }

    private static void ThrowIfNull(int rank, string name, DeviceTensor? tensor)
    {
        if (tensor is null) throw new ArgumentException($"Rank {rank}: {name} is null, but the norm or quantization reads it.");
    }

    private static void ThrowUnlessEqual<T>(int rank, string name, T found, T expected)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected))
            throw new ArgumentException($"Rank {rank}: {name} is {found}; it must be {expected}.");
    }
}
