namespace Fusion.Runtime;

/// <summary>Sizes of a row of each tensor of a call, in bytes, by which a launch finds the rows of its piece of the call.</summary>
/// <param name="OfInput">Of the input; 0 where each piece has its input at the same place.</param>
/// <param name="OfSum">Of the sum; 0 where each piece has its sum at the same place.</param>
/// <param name="OfToken">Of the other tensors of the operation's type.</param>
/// <param name="OfCodes">Of the codes of the quantization.</param>
/// <param name="OfScales">Of its scales, on average over the rows of a tile.</param>
internal readonly record struct RowBytes(long OfInput, long OfSum, long OfToken, long OfCodes, long OfScales)
{
    /// <summary>Computes the sizes for a call.</summary>
    /// <param name="call">The call, which is valid.</param>
    public static RowBytes Of(in AllReduceCall call)
    {
        var hidden = (int)call.Input.Columns;
        var token = DeviceTensor.ByteCount(call.Input.Type, hidden);
        var codes = call.QuantOut is { } quantized ? DeviceTensor.ByteCount(quantized.Type, hidden) : 0;
        var scales = call.ScaleOut is null ? 0 : ScaleLayouts.ByteCount(call.Quantization, WorkspaceLayout.PieceGranule, hidden);
        return new(token, token, token, codes, scales / WorkspaceLayout.PieceGranule);
    }

    /// <summary>Moves all tensors of a launch to the rows that begin with <paramref name="row"/>, a multiple of
    /// <see cref="WorkspaceLayout.PieceGranule"/>.</summary>
    /// <param name="parameters">Parameters, whose tensors begin with <see cref="AllReduceParameters.FirstRow"/>.</param>
    /// <param name="row">First row of the next launch.</param>
    public void MoveTo(ref AllReduceParameters parameters, int row)
    {
        long rows = row - parameters.FirstRow;
        Move(ref parameters.Input, rows * OfInput);
        Move(ref parameters.AllReduceOut, rows * OfSum);
        Move(ref parameters.Residual, rows * OfToken);
        Move(ref parameters.ResidualOut, rows * OfToken);
        Move(ref parameters.NormOut, rows * OfToken);
        Move(ref parameters.QuantOut, rows * OfCodes);
        Move(ref parameters.ScaleOut, rows * OfScales);
        parameters.FirstRow = row;
    }

    // A tensor that the call does not have stays none.
    private static void Move(ref ulong address, long bytes)
    {
        if (address != 0) address = unchecked(address + (ulong)bytes);
    }
}
