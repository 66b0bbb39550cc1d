namespace Fusion.Compiler.Sources;

/// <summary>A function behind a source that names it for NVRTC. The symbol of what is in an unnamed namespace or <c>static</c> has a name of
/// the source in it: that of the first function or variable that other sources could call. A source that has none, since all its kernels are
/// templates or hidden themselves, is named by the id of the process, and equal sources would give other images each time.</summary>
internal static class UnitName
{
    /// <summary>What NVRTC calls the file of these lines.</summary>
    public const string FileName = "fusion-unit";

    /// <summary>The lines. No source calls the function, so that only images for a debugger have it. Its words cannot end a declaration that the
    /// source began, and the first line may be the rest of a comment.</summary>
    public const string Text = $$"""


        #line 1 "{{FileName}}"
        extern "C" __device__ void fusion_unit() {}

        """;
}
