namespace Fusion.Emulation.Ptx;

/// <summary>Type of a register, a variable or an operation.</summary>
internal enum PtxType
{
    None, Pred, B8, B16, B32, B64, B128, U8, U16, U32, U64, S8, S16, S32, S64,
    F16, F16x2, BF16, BF16x2, TF32, F32, F64, E4M3, E5M2, E4M3x2, E5M2x2, E2M1x2, E2M3x2, E3M2x2, UE8M0x2, S4, U4, B1,
}

/// <summary>Facts about types.</summary>
internal static class PtxTypes
{
    private static readonly Dictionary<string, PtxType> ByName = Enum.GetValues<PtxType>()
        .Where(type => type != PtxType.None).ToDictionary(type => type.ToString().ToLowerInvariant());

    public static bool TryParse(string word, out PtxType type) => ByName.TryGetValue(word, out type);

    public static string Name(this PtxType type) => type.ToString().ToLowerInvariant();

    /// <summary>Size in bytes of a value in memory.</summary>
    public static int Bytes(this PtxType type) => type switch
    {
        PtxType.B8 or PtxType.U8 or PtxType.S8 or PtxType.Pred or PtxType.E2M1x2 or PtxType.E4M3 or PtxType.E5M2 => 1,
        PtxType.B16 or PtxType.U16 or PtxType.S16 or PtxType.F16 or PtxType.BF16 or PtxType.E4M3x2 or PtxType.E5M2x2
            or PtxType.E2M3x2 or PtxType.E3M2x2 or PtxType.UE8M0x2 => 2,
        PtxType.B32 or PtxType.U32 or PtxType.S32 or PtxType.F32 or PtxType.F16x2 or PtxType.BF16x2 or PtxType.TF32 => 4,
        PtxType.B128 => 16,
        _ => 8,
    };

    public static bool IsSigned(this PtxType type) => type is PtxType.S8 or PtxType.S16 or PtxType.S32 or PtxType.S64;

    public static bool IsFloat(this PtxType type) => type is PtxType.F16 or PtxType.BF16 or PtxType.F32 or PtxType.F64 or PtxType.TF32;

    /// <summary>The type of the same size without a meaning.</summary>
    public static PtxType Bits(this PtxType type) => type == PtxType.Pred ? type : type.Bytes() switch
    {
        1 => PtxType.B8,
        2 => PtxType.B16,
        4 => PtxType.B32,
        16 => PtxType.B128,
        _ => PtxType.B64,
    };
}
