using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;

namespace Fusion.Cli.Inspection;

/// <summary>Reads the resources of an assembly's file, without loading the assembly.</summary>
internal sealed class AssemblyFile : IDisposable
{
    private readonly string path;
    private readonly PEReader image;
    private readonly MetadataReader metadata;

    private AssemblyFile(string path, PEReader image)
    {
        (this.path, this.image) = (path, image);
        metadata = image.GetMetadataReader();
        Name = metadata.IsAssembly ? metadata.GetString(metadata.GetAssemblyDefinition().Name) : Path.GetFileName(path);
    }

    /// <summary>Name of the assembly.</summary>
    public string Name { get; }

    /// <summary>Opens the file of an assembly.</summary>
    /// <exception cref="UsageException">The file is no assembly.</exception>
    public static AssemblyFile Open(string path)
    {
        var image = Read(path);
        try
        {
            return image.HasMetadata ? new(path, image) : throw NoAssembly(path);
        }
        catch (BadImageFormatException)
        {
            throw NoAssembly(path);
        }
    }

    /// <summary>Finds a resource.</summary>
    /// <returns>Bytes of the resource; null if the file has none of that name.</returns>
    /// <exception cref="UsageException">The file is damaged.</exception>
    public byte[]? Resource(string name)
    {
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            if (!resource.Implementation.IsNil || !metadata.StringComparer.Equals(resource.Name, name)) continue;
            try
            {
                var directory = image.PEHeaders.CorHeader!.ResourcesDirectory;
                var reader = image.GetSectionData(directory.RelativeVirtualAddress).GetReader(0, directory.Size);
                reader.Offset = checked((int)resource.Offset);
                return reader.ReadBytes(reader.ReadInt32());
            }
            catch (Exception e) when (e is BadImageFormatException or ArgumentOutOfRangeException or OverflowException)
            {
                throw new UsageException($"'{path}' is damaged: its resource '{name}' lies outside the file.");
            }
        }

        return null;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => image.Dispose();

    private static PEReader Read(string path)
    {
        try
        {
            return new PEReader([.. File.ReadAllBytes(path)]);
        }
        catch (Exception e) when (OutputFile.IsOfFiles(e))
        {
            throw new UsageException($"'{path}' cannot be read: {e.Message}");
        }
    }

    // The executable of a program is beside its assembly, with the extension .exe or none.
    private static UsageException NoAssembly(string path)
    {
        var assembly = Path.ChangeExtension(path, ".dll");
        var isAnother = !string.Equals(assembly, path, StringComparison.Ordinal) && File.Exists(assembly);
        var advice = isAnother ? $" Is it '{assembly}' that you mean?" : AdviceOnImage(path);
        return new UsageException($"'{path}' is no .NET assembly.{advice}");
    }

    // The images in obj, which a user finds before the assembly that they are embedded in.
    private static string AdviceOnImage(string path) => Path.GetExtension(path) switch
    {
        ".cubin" => " It is the machine code of a kernel, whose registers, memory and code size are shown for the assembly that it is " +
            $"embedded in. Its instructions are shown by 'cuobjdump -sass {path}' of the CUDA toolkit.",
        ".ptx" => " It is the PTX of a kernel, which is text; the images of an assembly are shown for the assembly that they are embedded in.",
        _ => "",
    };
}
