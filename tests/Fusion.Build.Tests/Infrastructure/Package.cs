using System.IO.Compression;
using System.Xml.Linq;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A packed package, opened to be read.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive archive;

    private Package(string path)
    {
        archive = ZipFile.OpenRead(path);
        Names = [.. archive.Entries.Select(entry => entry.FullName)];
    }

    /// <summary>Paths of all files in it.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens a package under test.</summary>
    /// <param name="id">Id of the package.</param>
    public static Package Open(string id) => new(PackedSdk.PackagePath(id));

    /// <summary>Opens the package of symbols beside a package under test.</summary>
    /// <param name="id">Id of the package.</param>
    public static Package OpenSymbols(string id) => new(Path.ChangeExtension(PackedSdk.PackagePath(id), ".snupkg"));

    /// <summary>The metadata, without its XML namespace.</summary>
    public XElement Metadata()
    {
        var root = XDocument.Parse(Text(Names.Single(name => name.EndsWith(".nuspec", StringComparison.Ordinal)))).Root!;
        foreach (var element in root.DescendantsAndSelf()) element.Name = element.Name.LocalName;
        return root.Element("metadata")!;
    }

    public byte[] Bytes(string name)
    {
        var entry = archive.GetEntry(name) ?? throw new FileNotFoundException($"The package has no {name}.");
        using var content = entry.Open();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }

    public string Text(string name)
    {
        using var reader = new StreamReader(new MemoryStream(Bytes(name)));
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    public void Dispose() => archive.Dispose();
}
