using Fusion.Compiler.Images;

namespace Fusion.Compiler.Launchers;

/// <summary>The instantiations and specializations of kernel templates that a source itself names, as the manifest calls them.</summary>
internal static class ExplicitInstantiations
{
    // Names that mean a type of another name, which the manifest has.
    private static readonly Dictionary<string, string> Spellings = new(StringComparer.Ordinal)
    {
        ["half"] = "__half",
        ["half2"] = "__half2",
        ["nv_bfloat16"] = "__nv_bfloat16",
        ["nv_bfloat162"] = "__nv_bfloat162",
        ["int8_t"] = "signed char",
        ["uint8_t"] = "unsigned char",
        ["int16_t"] = "short",
        ["uint16_t"] = "unsigned short",
        ["int32_t"] = "int",
        ["uint32_t"] = "unsigned int",
        ["unsigned"] = "unsigned int",
        ["uint"] = "unsigned int",
        ["int64_t"] = OperatingSystem.IsWindows() ? "long long" : "long",
        ["uint64_t"] = OperatingSystem.IsWindows() ? "unsigned long long" : "unsigned long",
        ["size_t"] = OperatingSystem.IsWindows() ? "unsigned long long" : "unsigned long",
    };

    private static readonly HashSet<string> AsTheyAre = ["float", "double", "int", "bool", "char", "short", "long", "signed char", "unsigned char",
        "unsigned short", "unsigned int", "unsigned long", "long long", "unsigned long long", "true", "false", "__half", "__half2",
        "__nv_bfloat16", "__nv_bfloat162", "__nv_fp8_e4m3", "__nv_fp8_e5m2", "float2", "float4", "int4", "uint4", "uchar4"];

    /// <summary>Finds them. Those with arguments whose name in the manifest the source does not show are left to name expressions.</summary>
    /// <param name="text">Text of the source, with the macros that declare kernels expanded.</param>
    public static IEnumerable<string> In(string text) => SignatureReader.ReadInstantiations(text).Select(Spelled).OfType<string>().Distinct();

    private static string? Spelled(string expression)
    {
        if (Instantiation.Of(expression) is not { IsTemplate: true } parts) return null;
        var arguments = parts.Arguments.Select(tokens => Spelled(tokens)).ToArray();
        return arguments.Contains(null) ? null : $"{parts.Name}<{string.Join(", ", arguments)}>";
    }

    private static string? Spelled(IReadOnlyList<CppToken> argument)
    {
        var text = string.Join(' ', argument.Select(token => token.Text));
        if (Spellings.TryGetValue(text, out var other)) return other;
        return AsTheyAre.Contains(text) || (argument is [{ Kind: CppTokenKind.Number } number] && number.Text.All(char.IsAsciiDigit)) ? text : null;
    }
}
