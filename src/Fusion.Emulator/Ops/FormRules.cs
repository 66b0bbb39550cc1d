using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Forms of instructions that PTX does not have, so that a driver refuses them too: a rounding that is missing or too much, a type that an
/// instruction does not work on.</summary>
internal static class FormRules
{
    private static readonly string[] ToFloat = ["rn", "rz", "rm", "rp", "rna", "rs"];
    private static readonly string[] ToInteger = ["rni", "rzi", "rmi", "rpi"];

    /// <exception cref="PtxException">PTX has no such form.</exception>
    public static void Check(Operands o)
    {
        if (WhatIsWrong(o.Ptx) is { } wrong) throw o.CannotRun($"it is no form of PTX: {wrong}");
    }

    private static string? WhatIsWrong(PtxInstruction ptx) => ptx.Opcode switch
    {
        "cvt" when !ptx.Has("pack") => Conversion(ptx),
        "add" or "sub" or "mul" or "mad" or "fma" or "div" or "min" or "max" when ptx.Type.IsFloat() => Float(ptx),
        "rcp" or "sqrt" => Float(ptx),
        "ex2" or "lg2" or "sin" or "cos" or "rsqrt" or "tanh" => ptx.Has("approx") ? null : "it needs '.approx'",
        "add" or "sub" or "mul" or "mad" or "div" or "rem" or "min" or "max" or "sad" => Integer(ptx),
        "neg" or "abs" when !ptx.Type.IsFloat() && ptx.Type is not (F16x2 or BF16x2) =>
            ptx.Type.IsSigned() ? null : "it works on signed integers and floats",
        "and" or "or" or "xor" or "not" or "shl" => ptx.Type is Pred or B16 or B32 or B64 ? null : "its type must be .pred, .b16, .b32 or .b64",
        "cnot" or "brev" or "popc" or "clz" => ptx.Type is B16 or B32 or B64 ? null : "its type must have no sign",
        "setp" or "set" => Comparison(ptx),
        _ => null,
    };

    private static string? Conversion(PtxInstruction ptx)
    {
        var (to, from) = (ptx.TypeAt(1), ptx.Type);
        var (rounds, roundsToInteger) = (Has(ptx, ToFloat), Has(ptx, ToInteger));
        if (ptx.Has("ftz") && to != F32 && from != F32 && to != None) return "'.ftz' is for .f32";
        if (IsInteger(to) && IsInteger(from)) return rounds || roundsToInteger ? "between integers nothing is rounded" : null;
        if (IsInteger(from)) return rounds ? null : "from an integer to a float it needs a rounding, such as '.rn'";
        if (IsInteger(to)) return roundsToInteger ? null : "from a float to an integer it needs a rounding, such as '.rzi'";
        if (to is not (F16 or BF16 or F32 or F64) || from is not (F16 or BF16 or F32 or F64)) return null;
        if (to.Bytes() < from.Bytes()) return rounds ? null : "to a smaller float it needs a rounding, such as '.rn'";
        return to.Bytes() > from.Bytes() && (rounds || roundsToInteger) ? "to a larger float nothing is rounded" : null;
    }

    private static string? Float(PtxInstruction ptx)
    {
        if (ptx.Type == F64 && ptx.Has("sat")) return "'.sat' is not for .f64";
        if (ptx.Type == F64 && ptx.Has("ftz") && !ptx.Has("approx")) return "'.ftz' is for .f32";
        var rounds = Has(ptx, ToFloat);
        return ptx.Opcode switch
        {
            "min" or "max" => rounds ? "nothing is rounded" : null,
            "fma" => rounds ? null : "it needs a rounding, such as '.rn'",
            "mad" => rounds ? null : "it needs a rounding, such as '.rn'",
            "div" when ptx.Type == F32 => rounds || ptx.Has("approx") || ptx.Has("full") ? null : "it needs a rounding, '.approx' or '.full'",
            "div" => rounds ? null : "it needs a rounding, such as '.rn'",
            "rcp" or "sqrt" => rounds || ptx.Has("approx") ? null : "it needs a rounding or '.approx'",
            _ => null,
        };
    }

    private static string? Integer(PtxInstruction ptx)
    {
        if (!IsInteger(ptx.Type)) return ptx.Type is B8 or B16 or B32 or B64 ? "its type must say whether it has a sign" : null;
        if (Has(ptx, ToFloat)) return "integers are not rounded";
        if (ptx.Opcode is "mul" or "mad" && !ptx.Has("lo") && !ptx.Has("hi") && !ptx.Has("wide")) return "it needs '.lo', '.hi' or '.wide'";
        return ptx.Opcode is "add" or "sub" && ptx.Has("sat") && ptx.Type != S32 ? "'.sat' is for .s32" : null;
    }

    private static string? Comparison(PtxInstruction ptx)
    {
        var word = ptx.Modifiers.Length > 0 ? ptx.Modifiers[0] : "";
        return ptx.Type switch
        {
            B16 or B32 or B64 => word is "eq" or "ne" ? null : "types without a sign are compared with '.eq' and '.ne'",
            S16 or S32 or S64 => word is "lo" or "ls" or "hi" or "hs" ? "that comparison is for types without a sign" : null,
            _ => null,
        };
    }

    private static bool Has(PtxInstruction ptx, string[] words) => Array.Exists(words, ptx.Has);

    private static bool IsInteger(PtxType type) => type is U8 or U16 or U32 or U64 or S8 or S16 or S32 or S64;
}
