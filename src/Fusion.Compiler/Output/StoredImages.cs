using Fusion.Build.Contract;
using Fusion.Compiler.Jobs;
using Fusion.Manifest;

namespace Fusion.Compiler.Output;

/// <summary>An image as it goes into the assembly.</summary>
/// <param name="File">Path in the output folder of the file to embed: the image itself, or the image compressed.</param>
/// <param name="Sha256">Hash of that file.</param>
/// <param name="Image">As the manifest describes it.</param>
internal sealed record StoredImage(string File, string Sha256, KernelImage Image);

/// <summary>How the images of a run are stored. The images themselves stay beside the compressed files, for people and their
/// tools.</summary>
internal sealed class StoredImages
{
    private const string Suffix = ".br";
    private readonly Dictionary<string, StoredImage> byFile;

    private StoredImages(IEnumerable<KeyValuePair<string, StoredImage>> images) => byFile = new(images, StringComparer.Ordinal);

    /// <summary>All stored images, in the order of the jobs.</summary>
    public IEnumerable<StoredImage> All => byFile.Values;

    /// <summary>How an image is stored.</summary>
    public StoredImage Of(RecordedImage image) => byFile[image.File];

    /// <summary>Decides for all images how they are stored, and compresses those that are not yet.</summary>
    /// <param name="results">The finished jobs.</param>
    /// <param name="folder">The output folder.</param>
    /// <param name="compress">Whether to compress where that pays.</param>
    /// <exception cref="WriteException">A file cannot be written.</exception>
    public static StoredImages Of(IEnumerable<JobResult> results, string folder, bool compress) => new(results
        .SelectMany(r => r.Record!.Images)
        .Select(i => KeyValuePair.Create(i.File, (compress ? Compressed(i, folder) : null) ?? AsItIs(i))));

    private static StoredImage AsItIs(RecordedImage image) => new(image.File, image.Image.Sha256, image.Image);

    private static StoredImage? Compressed(RecordedImage image, string folder)
    {
        var (file, path) = (image.File + Suffix, Path.Combine(folder, image.File + Suffix));
        var bytes = Existing(image.Image, path) ?? ImageCompression.Compress(File.ReadAllBytes(Path.Combine(folder, image.File)));
        if (bytes is null) return null;
        AtomicFile.Write(path, bytes);
        var described = image.Image with { Encoding = ImageEncoding.Brotli, StoredBytes = bytes.Length };
        return new StoredImage(file, Hash.Of(bytes), described);
    }

    // An earlier run's file needs no note of what it is: it is right if the image comes out of it.
    private static byte[]? Existing(KernelImage image, string path)
    {
        if (!File.Exists(path)) return null;
        var bytes = File.ReadAllBytes(path);
        var inflated = new byte[image.Bytes];
        return ImageCompression.TryDecompress(bytes, inflated) && Hash.Of(inflated) == image.Sha256 ? bytes : null;
    }
}
