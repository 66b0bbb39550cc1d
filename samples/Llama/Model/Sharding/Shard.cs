using Llama.Model.Safetensors;

namespace Llama.Model.Sharding;

/// <summary>How ranks share a tensor.</summary>
public enum ShardKind
{
    /// <summary>Each rank has all of it.</summary>
    Whole,

    /// <summary>Each rank has as many rows, those of its outputs: projections into heads and into the MLP, the vocabulary.</summary>
    Rows,

    /// <summary>Each rank has as many columns, those of its inputs: projections out of heads and out of the MLP.</summary>
    Columns,
}

/// <summary>A rank's part of a tensor in a file. Bytes are read in the order of the rows, in pieces of any size, so that a part of any
/// size goes through a small buffer.</summary>
public sealed class Shard
{
    private readonly SafetensorsFile file;
    private readonly SafetensorsEntry entry;
    private readonly long firstRow, rowBytes, pitch, columnOffset;

    /// <summary>Takes a rank's part of a tensor.</summary>
    /// <param name="file">File that has the tensor.</param>
    /// <param name="entry">The tensor, a matrix, a vector (one row) or a scalar.</param>
    /// <param name="kind">How ranks share it.</param>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="ranks">Number of ranks.</param>
    /// <exception cref="ArgumentException">The ranks do not divide the rows or columns.</exception>
    public Shard(SafetensorsFile file, SafetensorsEntry entry, ShardKind kind, int rank, int ranks)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        (this.file, this.entry) = (file, entry);
        var (rows, columns) = entry.Shape switch
        {
            [] => (1L, 1L),
            [var length] => (1L, length),
            [var height, var width] => (height, width),
            _ => throw new ArgumentException($"'{entry.Name}' is {entry}; only matrices and vectors have parts."),
        };
        if (kind != ShardKind.Whole && (entry.Shape.Count != 2 || (kind == ShardKind.Rows ? rows : columns) % ranks != 0))
        {
            throw new ArgumentException(
                $"'{entry.Name}' is {entry}, whose {(kind == ShardKind.Rows ? "rows" : "columns")} cannot be split over {ranks} ranks.");
        }

        var element = TensorDataTypes.BytesOf(entry.Type);
        Rows = kind == ShardKind.Rows ? rows / ranks : rows;
        Columns = kind == ShardKind.Columns ? columns / ranks : columns;
        firstRow = kind == ShardKind.Rows ? rank * Rows : 0;
        (rowBytes, pitch) = (Columns * element, columns * element);
        columnOffset = kind == ShardKind.Columns ? rank * rowBytes : 0;
    }

    /// <summary>Name of the tensor.</summary>
    public string Name => entry.Name;

    /// <summary>Type of the elements.</summary>
    public TensorDataType Type => entry.Type;

    /// <summary>Number of rows of the part.</summary>
    public long Rows { get; }

    /// <summary>Number of columns of the part.</summary>
    public long Columns { get; }

    /// <summary>Size of the part in bytes.</summary>
    public long Bytes => Rows * rowBytes;

    /// <summary>Copies bytes of the part.</summary>
    /// <param name="position">Position of the first byte in the part.</param>
    /// <param name="destination">Span that receives them; all of it is filled.</param>
    public void CopyTo(long position, Span<byte> destination)
    {
        if (position < 0 || position > Bytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(position), position, $"The part has {Bytes} bytes; asked for are {destination.Length}.");
        while (!destination.IsEmpty)
        {
            var (row, within) = Math.DivRem(position, rowBytes);
            // Whole rows lie one behind the other in the file, so that many can be copied at once.
            var run = pitch == rowBytes ? destination.Length : (int)Math.Min(destination.Length, rowBytes - within);
            file.Bytes(entry, ((firstRow + row) * pitch) + columnOffset + within, run).CopyTo(destination);
            destination = destination[run..];
            position += run;
        }
    }

    /// <summary>Copies the whole part, which must fit an array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        CopyTo(0, bytes);
        return bytes;
    }
}
