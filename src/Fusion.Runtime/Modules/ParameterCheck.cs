using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Checks that a kernel's parameters in the image are those in the manifest, by which launches are
/// checked.</summary>
internal static class ParameterCheck
{
    /// <param name="module">Name of the module.</param>
    /// <param name="architecture">Architecture of the image.</param>
    /// <param name="kernel">Manifest entry of the kernel.</param>
    /// <param name="actual">Offset and size of each parameter in bytes, from the driver.</param>
    /// <param name="isPtx">Whether the driver compiled PTX. It then chooses the offset of a parameter that is aligned to
    /// more than 16 bytes, so only sizes are compared.</param>
    /// <exception cref="KernelLoadException">The parameters differ.</exception>
    public static void Check(
        string module, string architecture, KernelEntry kernel, IReadOnlyList<(int Offset, int Size)> actual, bool isPtx)
    {
        if (actual.Count != kernel.Parameters.Count)
        {
            throw LoadErrors.KernelMismatch(
                module, kernel.Name, architecture,
                $"it takes {actual.Count} parameters in the image, {kernel.Parameters.Count} in the manifest");
        }

        for (var i = 0; i < actual.Count; i++)
        {
            var expected = kernel.Parameters[i];
            if (actual[i].Size == expected.Size && (isPtx || actual[i].Offset == expected.Offset)) continue;
            throw LoadErrors.KernelMismatch(
                module, kernel.Name, architecture,
                $"its parameter {i}, '{expected.Name}', has {actual[i].Size} bytes at offset {actual[i].Offset} in the image, " +
                $"{expected.Size} at {expected.Offset} in the manifest");
        }
    }
}
