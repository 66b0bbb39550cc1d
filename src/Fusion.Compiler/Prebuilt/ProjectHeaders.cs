using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Prebuilt;

/// <summary>Looks for headers in the project's folders and the SDK's, but not in NVRTC's.</summary>
internal static class ProjectHeaders
{
    /// <summary>A search for a kernel's headers.</summary>
    public static IncludeSearch Of(Kernel kernel, string fusionIncludePath, FileContents contents)
    {
        string[] sdk = fusionIncludePath.Length > 0 ? [Path.TrimEndingDirectorySeparator(fusionIncludePath)] : [];
        return new IncludeSearch([.. kernel.IncludePaths, .. sdk, .. kernel.OptionFolders, .. CompatHeaders.Beside(fusionIncludePath)], contents, kernel.OwnOptions);
    }
}
