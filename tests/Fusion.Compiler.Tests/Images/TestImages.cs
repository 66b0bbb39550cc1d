using System.IO.Compression;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

/// <summary>The images in the folder Data.</summary>
internal static class TestImages
{
    /// <summary>Each cubin: the version of NVRTC and the architecture.</summary>
    public static readonly string[][] Cubins =
        [["11.8", "sm_80"], ["11.8", "sm_90"], ["12.4", "sm_80"], ["12.4", "sm_90a"], ["13.0", "sm_120f"]];

    public static readonly IReadOnlyDictionary<string, string> Expressions = new Dictionary<string, string>
    {
        ["_Z4fillIfLi4EEvPT_S0_"] = "fill<float, 4>",
        ["_Z4fillI4PairLi2EEvPT_S1_"] = "fill<Pair,2>",
        ["_ZN4math35_GLOBAL__N__00000000_4_k_cu_nothing6hiddenEPf"] = "math::hidden",
    };

    public static string Source => new StreamReader(Open("kernels.cu")).ReadToEnd();

    public static byte[] Cubin(string nvrtc, string architecture) => Unpack($"kernels.{nvrtc}.{architecture}.cubin.gz");

    /// <summary>A cubin of figures.cu, and what ptxas said when it made it.</summary>
    public static (byte[] Cubin, string Log) Figures(string architecture) => (
        Unpack($"figures.12.4.{architecture}.cubin.gz"), new StreamReader(Open($"figures.12.4.{architecture}.log")).ReadToEnd());

    public static string Ptx(string nvrtc) => System.Text.Encoding.UTF8.GetString(Unpack($"kernels.{nvrtc}.ptx.gz"));

    public static ImageContent Read(string nvrtc, string architecture) =>
        KernelReader.Read(Ptx(nvrtc), Cubin(nvrtc, architecture), [Source], Expressions);

    private static byte[] Unpack(string name)
    {
        using var packed = new GZipStream(Open(name), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static Stream Open(string name) =>
        typeof(TestImages).Assembly.GetManifestResourceStream($"Images/{name}")
        ?? throw new FileNotFoundException($"The test project embeds no '{name}'.");
}
