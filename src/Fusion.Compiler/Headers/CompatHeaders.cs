namespace Fusion.Compiler.Headers;

/// <summary>The SDK's headers under the names that people include: <c>stdint.h</c>, <c>cuda_fp16.h</c>. They lie beside the folder of
/// <c>fusion/…</c> headers and are the last place where a header is looked for.</summary>
internal static class CompatHeaders
{
    /// <summary>The header that stands for what nvcc includes without being told.</summary>
    public const string Implied = "fusion_compat/nvcc.h";

    /// <summary>Their folder.</summary>
    /// <param name="fusionIncludePath">Folder of the SDK's own headers; empty if there is none.</param>
    /// <returns>One full path; none if the SDK's headers are not there.</returns>
    public static IReadOnlyList<string> Beside(string fusionIncludePath) =>
        fusionIncludePath.Length > 0 && Path.GetFullPath(Path.Combine(fusionIncludePath, "..", "compat")) is var folder && Directory.Exists(folder)
            ? [folder]
            : [];
}
