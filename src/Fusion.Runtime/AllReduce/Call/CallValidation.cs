namespace Fusion.Runtime;

/// <summary>Validates a call before anything is launched. Allocates only to throw.</summary>
internal static class CallValidation
{
    /// <summary>Throws if a call cannot be launched.</summary>
    /// <param name="call">The call.</param>
    /// <param name="operation">Shapes, type and largest call of the operation.</param>
    /// <param name="memory">Source of what addresses are; null for ranks on the CPU, whose addresses are of the
    /// host.</param>
    /// <param name="gpu">Ordinal of the rank's GPU.</param>
    /// <exception cref="FusionArgumentException">A value is wrong.</exception>
    /// <exception cref="FusionArgumentException">There are too many tokens.</exception>
    /// <exception cref="FusionArgumentException">An address is not of the rank's GPU.</exception>
    /// <exception cref="FusionArgumentException">An output overlaps what it must not.</exception>
    public static void Check(
        in AllReduceCall call, in WorkspaceLayout operation, IMemoryInspector? memory = null, int gpu = 0)
    {
        var tensors = new TensorCheck(memory, gpu);
        var (type, hidden, tokens) = (operation.DataType, operation.HiddenSize, call.Input.Rows);

        CheckInput(call.Input, operation);
        tensors.Matrix(nameof(call.Input), call.Input, type, tokens, hidden);
        if (call.Residual is { } residual) tensors.Matrix(nameof(call.Residual), residual, type, tokens, hidden);
        NormValidation.Check(call.Norm, tensors, type, hidden);
        QuantizationValidation.Check(call.Quantization, tensors, hidden);

        if (call.AllReduceOut is { } sum) tensors.Matrix(nameof(call.AllReduceOut), sum, type, tokens, hidden);
        if (call.ResidualOut is { } added) tensors.Matrix(nameof(call.ResidualOut), added, type, tokens, hidden);
        if (call.NormOut is { } norm) tensors.Matrix(nameof(call.NormOut), norm, type, tokens, hidden);
        QuantizationValidation.CheckOutputs(call, tensors, tokens, hidden);
        CheckPurpose(call);
        OverlapValidation.Check(call);
    }

    /// <summary>Throws if a call that was checked cannot be launched with another input.</summary>
    /// <param name="call">The call with its new input, of as many tokens as its outputs.</param>
    /// <param name="operation">Shapes, type and largest call of the operation.</param>
    /// <param name="memory">Source of what addresses are; null for ranks on the CPU.</param>
    /// <param name="gpu">Ordinal of the rank's GPU.</param>
    public static void CheckInput(in AllReduceCall call, in WorkspaceLayout operation, IMemoryInspector? memory, int gpu)
    {
        CheckInput(call.Input, operation);
        var rows = (call.AllReduceOut ?? call.ResidualOut ?? call.NormOut ?? call.QuantOut)!.Value.Rows;
        new TensorCheck(memory, gpu).Matrix(nameof(call.Input), call.Input, operation.DataType, rows, operation.HiddenSize);
        OverlapValidation.Check(call);
    }

    private static void CheckInput(in DeviceTensor input, in WorkspaceLayout operation)
    {
        if (input.Address == 0) throw CallErrors.Argument(nameof(AllReduceCall.Input), "null", "an address");
        if (input.Rows < 1)
        {
            throw CallErrors.Argument(nameof(AllReduceCall.Input), $"a tensor of {input.Rows} tokens",
                $"1 to {operation.MaxTokens} tokens");
        }

        if (input.Rows > operation.MaxTokens) throw CallErrors.Capacity(input.Rows, operation);
    }

    private static void CheckPurpose(in AllReduceCall call)
    {
        if (call is { AllReduceOut: null, ResidualOut: null, NormOut: null, QuantOut: null })
        {
            throw CallErrors.Argument("the call", "without an output",
                "one or more of AllReduceOut, ResidualOut, NormOut and QuantOut");
        }

        var hasNorm = call.Norm.Kind != NormKind.None;
        if (call.NormOut is not null && !hasNorm)
        {
            throw CallErrors.Argument(nameof(call.NormOut), "given without a norm",
                "null where Norm.Kind is None: take ResidualOut or AllReduceOut, which is the same then");
        }

        if (hasNorm && call is { NormOut: null, QuantOut: null })
        {
            throw CallErrors.Argument("Norm.Kind", $"{call.Norm.Kind}, but nothing takes its result",
                "None, or a norm with NormOut or QuantOut");
        }
    }
}
