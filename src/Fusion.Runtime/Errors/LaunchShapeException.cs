namespace Fusion.Runtime;

/// <summary>A kernel cannot be launched in this shape. Nothing was launched.</summary>
public sealed class LaunchShapeException : FusionException
{
    internal LaunchShapeException(string kernel, string problem)
        : base(ErrorCodes.LaunchShape, $"The kernel '{kernel}' cannot be launched: {problem}.") => Kernel = kernel;

    /// <summary>The kernel's name.</summary>
    public string Kernel { get; }
}
