namespace Fusion.Runtime;

/// <summary>Writes a call into the kernels' parameter block.</summary>
internal static class ParameterFill
{
    /// <summary>Writes all inputs and outputs of a call.</summary>
    /// <param name="parameters">Parameter block whose fields of the rank are filled already.</param>
    /// <param name="call">The call.</param>
    public static void Fill(ref AllReduceParameters parameters, in AllReduceCall call)
    {
        FillSum(ref parameters, call.Input, call.AllReduceOut);
        parameters.Residual = Address(call.Residual);
        parameters.ResidualOut = Address(call.ResidualOut);
        parameters.Gamma = Address(call.Norm.Gamma);
        parameters.Beta = Address(call.Norm.Beta);
        parameters.NormOut = Address(call.NormOut);
        parameters.QuantOut = Address(call.QuantOut);
        parameters.ScaleOut = Address(call.ScaleOut);
        parameters.QuantScale = Address(call.Quantization.Scale);
        parameters.Norm = (int)call.Norm.Kind;
        parameters.Quantization = (int)call.Quantization.Kind;
        parameters.Layout = (int)call.Quantization.Layout;
        parameters.GroupSize = call.Quantization.GroupSize;
        parameters.GroupScaleIsUe8m0 = call.Quantization.GroupScaleType == ElementType.Float8UE8M0 ? 1 : 0;
        parameters.Epsilon = call.Norm.Epsilon;
        parameters.WeightBias = call.Norm.WeightBias;
    }

    /// <summary>Writes what the sum alone needs.</summary>
    /// <param name="parameters">Parameter block whose fields of the rank are filled already.</param>
    /// <param name="input">Tensor that is summed.</param>
    /// <param name="sum">Tensor that receives the sum; null if it is not wanted.</param>
    public static void FillSum(ref AllReduceParameters parameters, in DeviceTensor input, in DeviceTensor? sum)
    {
        parameters.Input = input.Address;
        parameters.AllReduceOut = Address(sum);
        parameters.Tokens = (int)input.Rows;
    }

    /// <summary>Writes how a strategy uses the buffers of the workspaces.</summary>
    /// <param name="parameters">Parameter block whose fields of the rank are filled already.</param>
    /// <param name="layout">Layout of the workspaces.</param>
    /// <param name="strategy">One-shot or two-shot.</param>
    public static void FillLayout(ref AllReduceParameters parameters, in WorkspaceLayout layout, AllReduceStrategy strategy)
    {
        var isOneShot = strategy == AllReduceStrategy.OneShot;
        parameters.SlotBytes = (ulong)(isOneShot ? layout.OneShotSlotBytes : layout.TwoShotSlotBytes);
        parameters.GatherOffset = isOneShot ? 0 : (ulong)layout.GatherOffset;
    }

    private static ulong Address(in DeviceTensor? tensor) => tensor?.Address ?? 0;
}
