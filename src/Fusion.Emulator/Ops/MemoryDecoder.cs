using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;
using static Fusion.Emulation.Ptx.PtxType;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes accesses to memory.</summary>
internal static class MemoryDecoder
{
    private static readonly HashSet<string> Strong = ["volatile", "relaxed", "acquire", "release", "acq_rel", "mmio"];

    public static Instruction? TryDecode(Operands o)
    {
        var decoded = Decode(o);
        var orders = o.Ptx.Opcode is "st" or "atom" or "red" && (o.Ptx.Has("release") || o.Ptx.Has("acq_rel"));
        return orders && decoded is not null ? new Fence(decoded) : decoded;
    }

    private static Instruction? Decode(Operands o) => o.Ptx.Opcode switch
    {
        "ld" or "ldu" => Load(o),
        "st" => o.Ptx.Has("async") ? AsyncStore.TryDecode(o) : Store(o),
        "atom" => AtomicDecoder.TryDecode(o, o.To(0), 1),
        "red" when !o.Ptx.Has("async") => AtomicDecoder.TryDecode(o, -1, 0),
        // The order that it gives in a block is kept anyway.
        "membar" or "fence" when o.Ptx.Has("cta") => new Nothing(),
        "membar" or "fence" => new Fence(),
        "cp" => CopyDecoder.TryDecode(o),
        "mbarrier" => CopyDecoder.Barrier(o),
        _ => null,
    };

    /// <summary>Gets an operand that is an address.</summary>
    public static AddressOperand AddressOf(Operands o, int index) => AddressOf(o, o[index]);

    /// <summary>Gets an operand that is an address.</summary>
    public static AddressOperand AddressOf(Operands o, PtxOperand operand)
    {
        if (operand.Kind != OperandKind.Address || operand.Parts is not null) throw o.CannotRun("an operand must be an address");
        if (operand.Register >= 0)
            return new(o.From(operand with { Kind = OperandKind.Register }, U64), o.TypeOf(operand).Bytes() == 4, operand.Value);
        if (operand.Name.Length > 0 && o.InFrame(operand) is not null) return o.PlaceOf(o.StorageOf(operand.Name), operand.Value);
        return operand.Name.Length == 0
            ? new(o.Immediate((ulong)operand.Value, 8), false, 0) : new(o.Address(operand.Name, operand.Value), false, 0);
    }

    /// <summary>Tells the space of an access.</summary>
    public static PtxSpace SpaceOf(Operands o, int address)
    {
        // A function's parameters are in local memory.
        if (o[address] is { Register: < 0, Name.Length: > 0 } operand && o.StorageOf(operand.Name).Space == PtxSpace.Local) return PtxSpace.Local;
        foreach (var word in o.Ptx.Modifiers)
        {
            switch (word)
            {
                case "global" or "const": return PtxSpace.Global;
                case "shared" or "shared::cta" or "shared::cluster": return PtxSpace.Shared;
                case "local": return PtxSpace.Local;
                case "param" or "param::entry" or "param::func": return PtxSpace.Param;
            }
        }

        return PtxSpace.Generic;
    }

    private static Instruction? Load(Operands o)
    {
        var type = o.Ptx.Type;
        var parts = o[0].Kind == OperandKind.Vector ? o[0].Parts! : [o[0]];
        var width = parts.Select(part => part.Kind == OperandKind.Sink ? 0 : o.TypeOf(part).Bytes()).Max();
        var to = parts.Select(o.To).ToArray();
        var address = AddressOf(o, 1);
        var isStrong = o.Ptx.Modifiers.Any(Strong.Contains);
        return SpaceOf(o, 1) switch
        {
            PtxSpace.Global when o.Ptx.Has("nc") => Make<ReadOnlySpace>(),
            PtxSpace.Global => isStrong ? Make<StrongGlobalSpace>() : Make<GlobalSpace>(),
            PtxSpace.Shared => isStrong ? Make<StrongSharedSpace>() : Make<SharedSpace>(),
            PtxSpace.Local => Make<LocalSpace>(),
            PtxSpace.Param => Make<ParameterSpace>(),
            _ => isStrong ? Make<StrongGenericSpace>() : Make<GenericSpace>(),
        };

        Instruction? Make<TSpace>()
            where TSpace : struct, ISpace => (type.Bytes(), type.IsSigned(), Math.Max(2, width)) switch
            {
                (1, false, 2) => new Load<byte, ushort, TSpace>(to, address),
                (1, true, 2) => new Load<sbyte, short, TSpace>(to, address),
                (1, false, 4) => new Load<byte, uint, TSpace>(to, address),
                (1, true, 4) => new Load<sbyte, int, TSpace>(to, address),
                (1, false, 8) => new Load<byte, ulong, TSpace>(to, address),
                (1, true, 8) => new Load<sbyte, long, TSpace>(to, address),
                (2, _, 2) => new Load<ushort, ushort, TSpace>(to, address),
                (2, false, 4) => new Load<ushort, uint, TSpace>(to, address),
                (2, true, 4) => new Load<short, int, TSpace>(to, address),
                (2, false, 8) => new Load<ushort, ulong, TSpace>(to, address),
                (2, true, 8) => new Load<short, long, TSpace>(to, address),
                (4, _, 4) => new Load<uint, uint, TSpace>(to, address),
                (4, false, 8) => new Load<uint, ulong, TSpace>(to, address),
                (4, true, 8) => new Load<int, long, TSpace>(to, address),
                (8, _, 8) => new Load<ulong, ulong, TSpace>(to, address),
                (16, _, 16) => new Load<UInt128, UInt128, TSpace>(to, address),
                _ => null,
            };
    }

    private static Instruction? Store(Operands o)
    {
        var type = o.Ptx.Type;
        var parts = o[1].Kind == OperandKind.Vector ? o[1].Parts! : [o[1]];
        var width = parts.Select(part => part.Register >= 0 ? o.TypeOf(part).Bytes() : type.Bytes()).Max();
        var values = parts.Select(part => o.From(part, part.Register >= 0 ? type : Wide(width))).ToArray();
        var address = AddressOf(o, 0);
        var isStrong = o.Ptx.Modifiers.Any(Strong.Contains);
        return SpaceOf(o, 0) switch
        {
            PtxSpace.Global => isStrong ? Make<StrongGlobalSpace>() : Make<GlobalSpace>(),
            PtxSpace.Shared => isStrong ? Make<StrongSharedSpace>() : Make<SharedSpace>(),
            PtxSpace.Local => Make<LocalSpace>(),
            PtxSpace.Generic => isStrong ? Make<StrongGenericSpace>() : Make<GenericSpace>(),
            _ => null,
        };

        Instruction? Make<TSpace>()
            where TSpace : struct, ISpace => (type.Bytes(), Math.Max(2, width)) switch
            {
                (1, 2) => new Store<byte, ushort, TSpace>(address, values),
                (1, 4) => new Store<byte, uint, TSpace>(address, values),
                (1, 8) => new Store<byte, ulong, TSpace>(address, values),
                (2, 2) => new Store<ushort, ushort, TSpace>(address, values),
                (2, 4) => new Store<ushort, uint, TSpace>(address, values),
                (2, 8) => new Store<ushort, ulong, TSpace>(address, values),
                (4, 4) => new Store<uint, uint, TSpace>(address, values),
                (4, 8) => new Store<uint, ulong, TSpace>(address, values),
                (8, 8) => new Store<ulong, ulong, TSpace>(address, values),
                (16, 16) => new Store<UInt128, UInt128, TSpace>(address, values),
                _ => null,
            };
    }

    private static PtxType Wide(int bytes) => bytes switch { 1 => B8, 2 => B16, 4 => B32, 16 => B128, _ => B64 };
}
