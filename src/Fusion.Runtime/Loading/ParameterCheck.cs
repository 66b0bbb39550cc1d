using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Compares a kernel's parameters in the image with those in the manifest, by which launches are checked.</summary>
internal static class ParameterCheck
{
    /// <param name="module">The module's name.</param>
    /// <param name="architecture">The image's architecture.</param>
    /// <param name="kernel">What the manifest says.</param>
    /// <param name="actual">What the driver says.</param>
    /// <exception cref="KernelMismatchException">They differ.</exception>
    public static void Check(
        string module, string architecture, KernelEntry kernel, IReadOnlyList<(int Offset, int Size)> actual)
    {
        if (actual.Count != kernel.Parameters.Count)
        {
            throw new KernelMismatchException(
                module, kernel.Name, architecture,
                $"it takes {actual.Count} parameters in the image, {kernel.Parameters.Count} in the manifest");
        }

        for (var i = 0; i < actual.Count; i++)
        {
            var expected = kernel.Parameters[i];
            if (actual[i] == (expected.Offset, expected.Size)) continue;
            throw new KernelMismatchException(
                module, kernel.Name, architecture,
                $"its parameter {i}, '{expected.Name}', has {actual[i].Size} bytes at offset {actual[i].Offset} in the image, " +
                $"{expected.Size} at {expected.Offset} in the manifest");
        }
    }
}
