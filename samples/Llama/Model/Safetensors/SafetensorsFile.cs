using System.IO.MemoryMappedFiles;

namespace Llama.Model.Safetensors;

/// <summary>A safetensors file that is mapped into memory: the system reads what is looked at.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private bool isDisposed;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view)
    {
        (Path, this.map, this.view) = (path, map, view);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Tensors of the file by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors { get; private set; } = new Dictionary<string, SafetensorsEntry>();

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="CheckpointException">The file is missing, malformed or truncated.</exception>
    public static SafetensorsFile Open(string path)
    {
        long bytes;
        MemoryMappedFile map;
        try
        {
            bytes = new FileInfo(path).Length;
            if (bytes < sizeof(ulong)) _ = SafetensorsHeader.Length(path, [], bytes);
            map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"it cannot be read: {e.Message}", e);
        }

        var file = new SafetensorsFile(path, map, map.CreateViewAccessor(0, bytes, MemoryMappedFileAccess.Read));
        try
        {
            var length = SafetensorsHeader.Length(path, new(file.start, sizeof(ulong)), bytes);
            file.Tensors = SafetensorsHeader.Read(path, new(file.start, sizeof(ulong) + length), bytes).ToDictionary(entry => entry.Name, StringComparer.Ordinal);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gets a part of a tensor where it lies in the mapped file.</summary>
    /// <param name="entry">A tensor of this file.</param>
    /// <param name="offset">Offset of the part in the tensor, in bytes.</param>
    /// <param name="bytes">Size of the part.</param>
    public ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long offset, int bytes)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        ArgumentNullException.ThrowIfNull(entry);
        if (offset < 0 || bytes < 0 || offset > entry.Bytes - bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"'{entry.Name}' has {entry.Bytes} bytes; asked for are {bytes} from {offset} on.");
        return new(start + entry.Start + offset, bytes);
    }

    /// <summary>Unmaps the file. Spans of it must not be used any more.</summary>
    public void Dispose()
    {
        if (isDisposed) return;
        isDisposed = true;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}
