namespace Fusion.Graph;

/// <summary>Roles of the tensors that ops read and write, as text and JSON name them.</summary>
public static class Roles
{
    /// <summary>Main input of an op.</summary>
    public const string Input = "input";

    /// <summary>Residual of a residual add.</summary>
    public const string Residual = "residual";

    /// <summary>Weights of a norm.</summary>
    public const string Gamma = "gamma";

    /// <summary>Bias of a LayerNorm.</summary>
    public const string Beta = "beta";

    /// <summary>Given scale of a quantization.</summary>
    public const string Scale = "scale";

    /// <summary>Weight of a matmul.</summary>
    public const string Weight = "weight";

    /// <summary>Bias of a matmul.</summary>
    public const string Bias = "bias";

    /// <summary>Scales of a matmul's input.</summary>
    public const string InputScale = "input_scale";

    /// <summary>Scales of a matmul's weight.</summary>
    public const string WeightScale = "weight_scale";

    /// <summary>Output of the sum over the ranks.</summary>
    public const string AllReduceOut = "allreduce_out";

    /// <summary>Output of the sum with the residual added.</summary>
    public const string ResidualOut = "residual_out";

    /// <summary>Output of the norm.</summary>
    public const string NormOut = "norm_out";

    /// <summary>Output of a quantization's codes.</summary>
    public const string QuantOut = "quant_out";

    /// <summary>Output of a quantization's scales.</summary>
    public const string ScaleOut = "scale_out";

    /// <summary>Output of the indices of the numbers that were chosen.</summary>
    public const string Indices = "indices";

    /// <summary>Output of the numbers that were chosen.</summary>
    public const string Values = "values";

    /// <summary>Output of other ops.</summary>
    public const string Output = "output";
}
