using Fusion.Interop;

namespace Fusion.Runtime;

/// <summary>This machine has no CUDA driver.</summary>
public sealed class NoDriverException : FusionException
{
    internal NoDriverException(string reasons)
        : base(ErrorCodes.NoDriver,
            $"No CUDA driver: none of {string.Join(", ", LibraryNames.Driver)} could be used. Install NVIDIA's driver (in a " +
            $"container: start it with GPU access).{Environment.NewLine}{reasons}")
    {
    }
}
