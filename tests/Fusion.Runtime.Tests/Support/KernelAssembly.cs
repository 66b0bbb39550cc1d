using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using Fusion.Manifest;

namespace Fusion.Runtime.Tests;

/// <summary>Assemblies made in memory that hold nothing but resources.</summary>
internal static class KernelAssembly
{
    private const int ResourceAlignment = 8;

    public static Assembly With(KernelManifest manifest, params IEnumerable<(string Name, byte[] Bytes)> resources) =>
        WithResources([(KernelManifest.ResourceName, manifest.ToJson()), .. resources]);

    public static Assembly WithResources(params IEnumerable<(string Name, byte[] Bytes)> resources) => LoadInto(null, resources);

    /// <summary>Such an assembly in a context that may be unloaded; null for the usual one.</summary>
    public static Assembly LoadInto(AssemblyLoadContext? context, params IEnumerable<(string Name, byte[] Bytes)> resources)
    {
        var metadata = new MetadataBuilder();
        var name = metadata.GetOrAddString("Kernels" + Guid.NewGuid().ToString("N"));
        metadata.AddModule(0, name, metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(name, new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));

        var data = new BlobBuilder();
        foreach (var (resource, bytes) in resources)
        {
            data.Align(ResourceAlignment);
            metadata.AddManifestResource(
                ManifestResourceAttributes.Public, metadata.GetOrAddString(resource), default, (uint)data.Count);
            data.WriteInt32(bytes.Length);
            data.WriteBytes(bytes);
        }

        var image = new BlobBuilder();
        new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll), new MetadataRootBuilder(metadata),
            ilStream: new BlobBuilder(), managedResources: data).Serialize(image);
        return (context ?? AssemblyLoadContext.Default).LoadFromStream(new MemoryStream(image.ToArray()));
    }
}
