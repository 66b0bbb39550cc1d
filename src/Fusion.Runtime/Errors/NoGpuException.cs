using Fusion.Interop;

namespace Fusion.Runtime;

/// <summary>The driver does not see the GPU that was asked for.</summary>
public sealed class NoGpuException : FusionException
{
    private const string VisibleDevices = "CUDA_VISIBLE_DEVICES";

    internal NoGpuException(int ordinal, int count)
        : base(ErrorCodes.NoGpu, Describe(ordinal, count)) => (Ordinal, Count) = (ordinal, count);

    /// <summary>Ordinal that was asked for.</summary>
    public int Ordinal { get; }

    /// <summary>Number of GPUs that the driver sees.</summary>
    public int Count { get; }

    private static string Describe(int ordinal, int count)
    {
        var there = count switch
        {
            0 => "the driver sees no GPU",
            1 => "the driver sees one GPU, number 0",
            _ => $"the driver sees {count} GPUs, numbers 0 to {count - 1}",
        };
        var visible = Environment.GetEnvironmentVariable(VisibleDevices) is { } value
            ? $" {VisibleDevices} is '{value}', which may hide some."
            : "";
        return $"There is no GPU number {ordinal}: {there}.{visible} 'nvidia-smi' lists those of the machine.";
    }
}

/// <summary>The machine has no CUDA driver.</summary>
public sealed class NoDriverException : FusionException
{
    internal NoDriverException(string reasons)
        : base(ErrorCodes.NoDriver,
            $"No CUDA driver: none of {string.Join(", ", LibraryNames.Driver)} could be used. Install NVIDIA's driver (in a " +
            $"container: start it with GPU access).{Environment.NewLine}{reasons}")
    {
    }
}
