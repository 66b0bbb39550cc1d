using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Compares a kernel's parameters in the image with those in the manifest, by which launches are checked.</summary>
internal static class ParameterCheck
{
    /// <param name="module">The module's name.</param>
    /// <param name="architecture">The image's architecture.</param>
    /// <param name="kernel">What the manifest says.</param>
    /// <param name="actual">What the driver says.</param>
    /// <param name="isPtx">Whether the driver compiled PTX: then it decided itself where a parameter that is aligned to more
    /// than 16 bytes lies, so sizes alone are compared.</param>
    /// <exception cref="KernelMismatchException">They differ.</exception>
    public static void Check(
        string module, string architecture, KernelEntry kernel, IReadOnlyList<(int Offset, int Size)> actual, bool isPtx)
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
            if (actual[i].Size == expected.Size && (isPtx || actual[i].Offset == expected.Offset)) continue;
            throw new KernelMismatchException(
                module, kernel.Name, architecture,
                $"its parameter {i}, '{expected.Name}', has {actual[i].Size} bytes at offset {actual[i].Offset} in the image, " +
                $"{expected.Size} at {expected.Offset} in the manifest");
        }
    }
}
