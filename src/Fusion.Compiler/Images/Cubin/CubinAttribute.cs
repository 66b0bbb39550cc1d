using System.Buffers.Binary;

namespace Fusion.Compiler.Images;

/// <summary>What an attribute in a cubin's <c>.nv.info</c> sections says. The numbers are those that cuobjdump shows under
/// the names <c>EIATTR_…</c>.</summary>
internal enum CubinAttributeKind : byte
{
    /// <summary>The most threads a block may have, as three counts.</summary>
    MaxThreads = 0x05,

    /// <summary>The threads that a block must have, as three counts.</summary>
    RequiredThreads = 0x10,

    /// <summary>A function's stack frame: symbol, bytes.</summary>
    FrameSize = 0x11,

    /// <summary>A function's stack with all that it calls: symbol, bytes.</summary>
    MinStackSize = 0x12,

    /// <summary>A parameter of a kernel.</summary>
    Parameter = 0x17,

    /// <summary>A function's registers: symbol, count.</summary>
    RegisterCount = 0x2f,

    /// <summary>The blocks that a cluster has, as three counts.</summary>
    ClusterSize = 0x3d,

    /// <summary>A parameter of a kernel whose parameters exceed 4 KiB.</summary>
    LargeParameter = 0x45,
}

/// <summary>An attribute with a value of 32-bit words.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Words">Its value.</param>
internal readonly record struct CubinAttribute(CubinAttributeKind Kind, uint[] Words)
{
    private const byte SizedFormat = 4;
    private const int HeaderSize = 4;

    /// <summary>Reads the attributes of a section; those without a sized value are left out.</summary>
    /// <param name="content">The section's content.</param>
    /// <param name="section">Name of the section, for messages.</param>
    /// <exception cref="InvalidDataException">The section is damaged.</exception>
    public static List<CubinAttribute> ReadAll(ReadOnlySpan<byte> content, string section)
    {
        var attributes = new List<CubinAttribute>();
        while (content.Length >= HeaderSize)
        {
            var format = content[0];
            var kind = (CubinAttributeKind)content[1];
            int size = BinaryPrimitives.ReadUInt16LittleEndian(content[2..]);
            content = content[HeaderSize..];
            if (format != SizedFormat) continue;
            if (size > content.Length)
            {
                throw new InvalidDataException(
                    $"The cubin's section '{section}' has an attribute of {size} bytes where {content.Length} are left: it is damaged. Compile the source again.");
            }

            var words = new uint[size / sizeof(uint)];
            for (var i = 0; i < words.Length; i++)
            {
                words[i] = BinaryPrimitives.ReadUInt32LittleEndian(content[(i * sizeof(uint))..]);
            }

            attributes.Add(new CubinAttribute(kind, words));
            content = content[size..];
        }

        return attributes;
    }
}
