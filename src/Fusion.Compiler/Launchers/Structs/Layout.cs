namespace Fusion.Compiler.Launchers;

/// <summary>Where the members of a struct lie: grows member by member.</summary>
/// <param name="isUnion">Whether each of them lies at the beginning.</param>
/// <remarks>Itanium C++ ABI, "Non-POD Class Types" and "Bit-fields", which NVRTC follows on Linux.</remarks>
internal sealed class Layout(bool isUnion)
{
    private const int BitsOfByte = 8;

    private long next;
    private long most;

    /// <summary>The members that C# gets, those of bases and of unnamed members among them.</summary>
    public List<DeviceField> Fields { get; } = [];

    /// <summary>The structs that it derives from, directly or not.</summary>
    public HashSet<string> Classes { get; } = new(StringComparer.Ordinal);

    /// <summary>What becomes of the padding at the end where another struct derives from this one.</summary>
    public TailUse Tail { get; set; }

    /// <summary>Alignment in bytes.</summary>
    public int Alignment { get; private set; } = 1;

    /// <summary>Size in bytes: of what was placed so far, then of the whole.</summary>
    public int Size { get; private set; }

    /// <summary>Size without the padding at the end.</summary>
    public int DataSize => (int)Bytes(most);

    /// <summary>Whether it has no members.</summary>
    public bool IsEmpty => most == 0;

    /// <summary>Whether there is padding at the end.</summary>
    public bool HasTail => DataSize < Size;

    /// <summary>Places a member.</summary>
    /// <param name="bytes">Size of the member.</param>
    /// <param name="alignment">Alignment of the member.</param>
    /// <returns>Offset in bytes.</returns>
    public long Place(long bytes, int alignment)
    {
        var at = isUnion ? 0 : Up(Bytes(next), alignment);
        Take((at + bytes) * BitsOfByte, alignment);
        return at;
    }

    /// <summary>Places a bit field: at the next bit, unless it would reach over the end of a number of its type.</summary>
    /// <param name="width">Number of bits; 0 ends the number.</param>
    /// <param name="size">Size and alignment of the type.</param>
    /// <param name="isNamed">Whether it has a name: padding aligns nothing.</param>
    /// <returns>Offset in bits.</returns>
    public long PlaceBits(int width, int size, bool isNamed)
    {
        var unit = size * BitsOfByte;
        var at = isUnion ? 0 : next;
        if (width == 0 || (at % unit) + width > unit) at = Up(at, unit);
        Take(at + width, isNamed ? size : 1);
        return at;
    }

    /// <summary>Places a base with its members.</summary>
    /// <param name="other">Layout of the base.</param>
    public void AddBase(Layout other)
    {
        var at = Place(other.Tail == TailUse.Reused ? other.DataSize : other.Size, other.Alignment);
        Fields.AddRange(other.Fields.Select(field => field with { Offset = field.Offset + (int)at }));
    }

    /// <summary>Ends the struct.</summary>
    /// <param name="alignment">Alignment of the whole; null if it is not known.</param>
    /// <returns>Whether it is known.</returns>
    public bool Close(int? alignment)
    {
        if (alignment is not { } whole) return false;
        Alignment = whole;
        Size = (int)Up(Bytes(most), whole);
        return true;
    }

    private void Take(long end, int alignment)
    {
        next = end;
        most = Math.Max(most, end);
        Alignment = Math.Max(Alignment, alignment);
        Size = (int)Math.Min(Bytes(most), int.MaxValue);
    }

    private static long Bytes(long bits) => (bits + BitsOfByte - 1) / BitsOfByte;

    private static long Up(long value, long step) => (value + step - 1) / step * step;
}
