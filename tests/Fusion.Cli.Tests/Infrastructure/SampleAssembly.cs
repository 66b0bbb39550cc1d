using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using Fusion.Manifest;

namespace Fusion.Cli.Tests.Infrastructure;

/// <summary>An assembly's file with kernels in it, as the SDK embeds them.</summary>
internal static class SampleAssembly
{
    public static readonly byte[] Cubin = [.. Enumerable.Range(0, 5344).Select(i => (byte)i)];
    public static readonly byte[] Ptx = ".version 8.4"u8.ToArray();

    public static KernelManifest Manifest { get; } = new()
    {
        Schema = KernelManifest.CurrentSchema,
        Compiler = "0.1.0",
        Nvrtc = "12.4",
        Modules = [new() { Name = "kernels/scale", Source = "kernels/scale.cu", Images = [Image("sm_90a", Cubin), Image("compute_80", Ptx)] }],
    };

    public static string Write(string folder, KernelManifest? manifest = null, byte[]? cubin = null)
    {
        var images = (manifest ?? Manifest).Modules.SelectMany(m => m.Images).ToList();
        var resources = images.Select(i => (i.Resource, i.Kind == ImageKind.Cubin ? cubin ?? Cubin : Ptx))
            .Prepend((KernelManifest.ResourceName, (manifest ?? Manifest).ToJson()));
        return WriteResources(folder, resources);
    }

    public static string WriteResources(string folder, IEnumerable<(string Name, byte[] Bytes)> resources, string file = "MyKernels.dll")
    {
        var metadata = new MetadataBuilder();
        var name = metadata.GetOrAddString("MyKernels");
        metadata.AddModule(0, name, metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(name, new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));

        var data = new BlobBuilder();
        foreach (var (resource, bytes) in resources)
        {
            data.Align(8);
            metadata.AddManifestResource(
                ManifestResourceAttributes.Public, metadata.GetOrAddString(resource), default, (uint)data.Count);
            data.WriteInt32(bytes.Length);
            data.WriteBytes(bytes);
        }

        var image = new BlobBuilder();
        new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll), new MetadataRootBuilder(metadata),
            ilStream: new BlobBuilder(), managedResources: data).Serialize(image);
        var path = Path.Combine(folder, file);
        File.WriteAllBytes(path, image.ToArray());
        return path;
    }

    private static KernelImage Image(string architecture, byte[] bytes)
    {
        var isPtx = architecture.StartsWith("compute_", StringComparison.Ordinal);
        return new()
        {
            Resource = $"{KernelManifest.ResourcePrefix}kernels/scale.{architecture}.{(isPtx ? "ptx" : "cubin")}",
            Kind = isPtx ? ImageKind.Ptx : ImageKind.Cubin,
            Architecture = architecture,
            Bytes = bytes.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            PtxVersion = "8.4",
            Kernels =
            [
                new()
                {
                    Name = "scale",
                    Symbol = "scale",
                    Registers = isPtx ? null : 12,
                    SharedBytes = isPtx ? null : 2048,
                    LocalBytes = isPtx ? null : 0,
                    MaxThreads = isPtx ? null : 256,
                    Parameters =
                    [
                        new() { Name = "data", Type = "float*", Offset = 0, Size = 8 },
                        new() { Name = "factor", Type = "float", Offset = 8, Size = 4 },
                    ],
                },
            ],
        };
    }
}
