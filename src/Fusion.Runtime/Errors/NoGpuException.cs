namespace Fusion.Runtime;

/// <summary>There is no GPU: the machine has no CUDA driver (<see cref="ErrorCodes.NoDriver"/>), or its driver does not see the
/// GPU that was asked for (<see cref="ErrorCodes.NoGpu"/>).</summary>
public sealed class NoGpuException : FusionException
{
    internal NoGpuException(string code, string message)
        : base(code, message)
    {
    }
}
