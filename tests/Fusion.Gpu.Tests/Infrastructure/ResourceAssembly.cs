using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Makes assemblies that have resources and nothing else.</summary>
internal static class ResourceAssembly
{
    private const int Alignment = 8;

    public static Assembly Create(string name, IReadOnlyDictionary<string, byte[]> resources)
    {
        var metadata = new MetadataBuilder();
        metadata.AddModule(0, metadata.GetOrAddString($"{name}.dll"), metadata.GetOrAddGuid(Guid.NewGuid()), default, default);
        metadata.AddAssembly(metadata.GetOrAddString(name), new Version(1, 0), default, default, default, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(default, default, metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));

        var data = new BlobBuilder();
        foreach (var (resource, content) in resources)
        {
            metadata.AddManifestResource(
                ManifestResourceAttributes.Public, metadata.GetOrAddString(resource), default, (uint)data.Count);
            data.WriteInt32(content.Length);
            data.WriteBytes(content);
            data.Align(Alignment);
        }

        var header = new PEHeaderBuilder(imageCharacteristics: Characteristics.ExecutableImage | Characteristics.Dll);
        var file = new BlobBuilder();
        new ManagedPEBuilder(header, new MetadataRootBuilder(metadata), new BlobBuilder(), managedResources: data).Serialize(file);
        return Assembly.Load(file.ToArray());
    }

    /// <summary>All resources of an assembly.</summary>
    public static Dictionary<string, byte[]> ResourcesOf(Assembly assembly) =>
        assembly.GetManifestResourceNames().ToDictionary(name => name, name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
}
