using System.IO.Compression;
using System.Security.Cryptography;
using Fusion.Manifest;

namespace Fusion.Cli.Tests.Infrastructure;

/// <summary>An assembly with cubins of NVRTC, tests/Fusion.Compiler.Tests/Images/Data/figures.cu, and PTX.</summary>
internal static class RealKernels
{
    // Kernel, registers, shared and local bytes, launch bound: of sm_80 and of sm_90a.
    private static readonly (string Name, int[] Ampere, int[] Hopper, int? MaxThreads)[] Kernels =
    [
        ("barriers", [14, 128, 0], [16, 128, 0], 128),
        ("clustered", [], [10, 0, 0], null),
        ("indexed", [22, 0, 64], [22, 0, 64], null),
        ("plain", [8, 0, 0], [10, 0, 0], null),
        ("spilled", [32, 0, 368], [32, 0, 528], 1024),
    ];

    /// <summary>Writes the assembly.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="file">Its name.</param>
    /// <param name="edit">Changes a cubin of an architecture before it is embedded.</param>
    /// <param name="architectures">Its images.</param>
    /// <param name="ptx">Its PTX.</param>
    public static string Write(
        string folder, string file = "MyKernels.dll", Action<string, byte[]>? edit = null, string[]? architectures = null,
        string ptx = ".version 8.4")
    {
        var images = new List<(KernelImage Image, byte[] Bytes)>();
        foreach (var architecture in architectures ?? ["sm_80", "sm_90a", "compute_80"])
        {
            var bytes = architecture == "compute_80" ? System.Text.Encoding.UTF8.GetBytes(ptx) : Unpack(architecture);
            edit?.Invoke(architecture, bytes);
            images.Add((Image(architecture, bytes), bytes));
        }

        var manifest = new KernelManifest
        {
            Schema = KernelManifest.CurrentSchema,
            Compiler = "0.1.0",
            Nvrtc = "12.4",
            Modules = [new() { Name = "figures", Source = "figures.cu", Images = [.. images.Select(image => image.Image)] }],
        };
        var resources = images.Select(image => (image.Image.Resource, image.Bytes)).Prepend((KernelManifest.ResourceName, manifest.ToJson()));
        return SampleAssembly.WriteResources(folder, resources, file);
    }

    private static KernelImage Image(string architecture, byte[] bytes) => new()
    {
        Resource = $"{KernelManifest.ResourcePrefix}figures.{architecture}",
        Kind = architecture == "compute_80" ? ImageKind.Ptx : ImageKind.Cubin,
        Architecture = architecture,
        Bytes = bytes.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        PtxVersion = "8.4",
        Kernels =
        [
            .. Kernels.Where(kernel => architecture == "sm_90a" || kernel.Ampere.Length > 0).Select(kernel =>
            {
                var needs = architecture == "sm_90a" ? kernel.Hopper : kernel.Ampere;
                var isPtx = architecture == "compute_80";
                return new KernelEntry
                {
                    Name = kernel.Name,
                    Symbol = kernel.Name,
                    Registers = isPtx ? null : needs[0],
                    SharedBytes = isPtx ? null : needs[1],
                    LocalBytes = isPtx ? null : needs[2],
                    MaxThreads = kernel.MaxThreads,
                    Parameters = [new() { Name = "out", Type = "float*", Offset = 0, Size = 8 }],
                };
            }),
        ],
    };

    private static byte[] Unpack(string architecture)
    {
        using var packed = new GZipStream(
            typeof(RealKernels).Assembly.GetManifestResourceStream($"figures.12.4.{architecture}.cubin")!, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray();
    }
}
