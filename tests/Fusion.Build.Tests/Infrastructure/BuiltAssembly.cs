using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Fusion.Manifest;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>What a built assembly carries, read from its file: loading it would lock it.</summary>
internal sealed class BuiltAssembly
{
    public BuiltAssembly(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var section = file.GetSectionData(file.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            var content = section.GetReader((int)resource.Offset, section.Length - (int)resource.Offset);
            Resources[metadata.GetString(resource.Name)] = content.ReadBytes(content.ReadInt32());
        }
    }

    /// <summary>Content of each resource by its name.</summary>
    public SortedDictionary<string, byte[]> Resources { get; } = new(StringComparer.Ordinal);

    /// <summary>The resources of the SDK.</summary>
    public string[] KernelResources =>
        [.. Resources.Keys.Where(name => name.StartsWith(KernelManifest.ResourcePrefix, StringComparison.Ordinal))];

    public KernelManifest Manifest => KernelManifest.FromJson(Resources[KernelManifest.ResourceName]);

    /// <summary>An image as the driver gets it.</summary>
    public byte[] Image(string resource)
    {
        var image = Manifest.Modules.SelectMany(module => module.Images).Single(i => i.Resource == resource);
        if (image.Encoding is null) return Resources[resource];
        var bytes = new byte[image.Bytes];
        Assert.That(ImageCompression.TryDecompress(Resources[resource], bytes), Is.True, resource);
        return bytes;
    }

    public KernelModule Module(string name) => Manifest.Modules.Single(module => module.Name == name);

    /// <summary>Names of a module's kernels, in its first image.</summary>
    public string[] KernelNames(string module) => [.. Module(module).Images[0].Kernels.Select(kernel => kernel.Name)];
}
