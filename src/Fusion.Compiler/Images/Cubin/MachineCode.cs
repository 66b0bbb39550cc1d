using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fusion.Compiler.Images;

/// <summary>A kernel's machine code in figures.</summary>
internal sealed record MachineCode
{
    private const int InstructionBytes = 16;
    private const int FirstWithWideInstructions = 70;

    // The low 12 bits of an instruction say what it does; those are LDL and STL, to and from local memory.
    private const int OperationMask = 0xfff;
    private const int LoadLocal = 0x983;
    private const int StoreLocal = 0x387;

    // Bytes by the field of three bits, in the upper half of an instruction, that says how wide an access is.
    private static readonly int[] Widths = [1, 1, 2, 2, 4, 8, 16, 16];

    /// <summary>Size of the code in bytes, padding included.</summary>
    public required int Bytes { get; init; }

    /// <summary>SHA-256 of the code, in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Bytes that the kernel's instructions write to local memory, a thread, each instruction counted once; null before
    /// sm_70. Without arrays in local memory that is what ptxas calls spill stores.</summary>
    public int? LocalStoreBytes { get; private init; }

    /// <summary>Bytes that they read from local memory, counted alike; null before sm_70: spill loads.</summary>
    public int? LocalLoadBytes { get; private init; }

    /// <summary>Size of the kernel's own stack frame, in bytes a thread, without what it calls.</summary>
    public int FrameBytes { get; init; }

    /// <summary>Barriers of a block that the kernel uses: one more than the highest number.</summary>
    public int Barriers { get; init; }

    /// <summary>Bytes in each bank of constants that the kernel reads, by the bank's number: 0 has its parameters.</summary>
    public IReadOnlyDictionary<int, long> ConstantBytes { get; init; } = new SortedDictionary<int, long>();

    /// <summary>Blocks of a cluster, by <c>__cluster_dims__</c>: three counts; none without it.</summary>
    public IReadOnlyList<int> Cluster { get; init; } = [];

    /// <summary>Reads code.</summary>
    /// <param name="code">All of it.</param>
    /// <param name="architecture">Number of the architecture it is for.</param>
    public static MachineCode Read(ReadOnlySpan<byte> code, int architecture)
    {
        var figures = new MachineCode { Bytes = code.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(code)) };
        if (architecture < FirstWithWideInstructions) return figures;

        var (stored, loaded) = (0, 0);
        for (; code.Length >= InstructionBytes; code = code[InstructionBytes..])
        {
            var operation = BinaryPrimitives.ReadUInt64LittleEndian(code) & OperationMask;
            var width = Widths[(BinaryPrimitives.ReadUInt64LittleEndian(code[8..]) >> 9) & 7];
            if (operation == StoreLocal) stored += width;
            else if (operation == LoadLocal) loaded += width;
        }

        return figures with { LocalStoreBytes = stored, LocalLoadBytes = loaded };
    }
}
