namespace Fusion.Compiler.Images;

/// <summary>The fundamental types of PTX.</summary>
/// <remarks>PTX ISA, "Fundamental Types" and "Texture Sampler and Surface Types" (which are 64-bit handles).</remarks>
internal static class PtxType
{
    /// <summary>Size of a type.</summary>
    /// <param name="word">The type with its dot: <c>.u64</c>.</param>
    /// <returns>The size in bytes; null if the word is no type.</returns>
    public static int? SizeOf(string word) => word switch
    {
        ".b8" or ".u8" or ".s8" => 1,
        ".b16" or ".u16" or ".s16" or ".f16" or ".bf16" => 2,
        ".b32" or ".u32" or ".s32" or ".f32" or ".f16x2" or ".bf16x2" => 4,
        ".b64" or ".u64" or ".s64" or ".f64" or ".f32x2" or ".texref" or ".samplerref" or ".surfref" => 8,
        ".b128" => 16,
        _ => null,
    };
}
