namespace Fusion.Graph;

/// <summary>Names of what ops read and write, as text and JSON have them.</summary>
public static class Roles
{
    /// <summary>What an op is about.</summary>
    public const string Input = "input";

    /// <summary>What an add adds.</summary>
    public const string Residual = "residual";

    /// <summary>Weights of a norm.</summary>
    public const string Gamma = "gamma";

    /// <summary>What LayerNorm adds.</summary>
    public const string Beta = "beta";

    /// <summary>A scale that is given.</summary>
    public const string Scale = "scale";

    /// <summary>The sum over the ranks.</summary>
    public const string AllReduceOut = "allreduce_out";

    /// <summary>The sum with the residual.</summary>
    public const string ResidualOut = "residual_out";

    /// <summary>The norm.</summary>
    public const string NormOut = "norm_out";

    /// <summary>The codes of a quantization.</summary>
    public const string QuantOut = "quant_out";

    /// <summary>The scales of a quantization.</summary>
    public const string ScaleOut = "scale_out";

    /// <summary>The one result of other ops.</summary>
    public const string Output = "output";
}
