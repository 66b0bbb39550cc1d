using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Gives operands their places in a warp's memory. Before the registers stand the immediates, each once, and the special
/// registers.</summary>
internal sealed class Operands(string kernel, PtxModule module)
{
    private readonly Dictionary<(ulong Bits, int Bytes), int> immediates = [];
    private readonly Dictionary<(string Symbol, long Offset), int> addresses = [];
    private readonly Dictionary<string, int> specials = [];
    private readonly List<(int Slot, ulong Bits, int Bytes)> values = [];
    private readonly Dictionary<CalledFunction, int> frames = [];
    private int[] registers = [];
    private IReadOnlyList<PtxType> types = [];
    private int next;
    private int predicates = -1;

    public FlatInstruction Instruction { get; set; } = null!;

    /// <summary>Slot of the carry that goes from one instruction to the next.</summary>
    public int Carry { get; private set; } = -1;

    public int ConstantBytes => next;

    public IReadOnlyList<(int Slot, string Symbol, long Offset)> Addresses => [.. addresses.Select(one => (one.Value, one.Key.Symbol, one.Key.Offset))];

    public IReadOnlyList<(string Name, int Slot)> Specials => [.. specials.Select(one => (one.Key, one.Value))];

    public PtxInstruction Ptx => Instruction.Ptx;

    public PtxOperand this[int index] => index < Ptx.Operands.Length ? Ptx.Operands[index] : throw CannotRun("an operand is missing");

    public int Count => Ptx.Operands.Length;

    /// <summary>Chip that the module is for, such as <c>sm_90a</c>.</summary>
    public string Target => module.Target;

    public PtxException CannotRun(string? why = null) => PtxException.CannotRun(kernel, Ptx, why);

    /// <summary>Sets the places of the registers, which stand behind <see cref="ConstantBytes"/>.</summary>
    public void Place(int[] offsets) => registers = offsets;

    /// <summary>Sets the types of the kernel's registers.</summary>
    public void SetTypes(IReadOnlyList<PtxType> all) => types = all;

    /// <summary>Gets the slot of a register that is written; -1 for one that nobody wants.</summary>
    public int To(PtxOperand operand) => operand.Kind switch
    {
        OperandKind.Register => Slot(operand.Register),
        OperandKind.Sink => -1,
        _ => throw CannotRun("its result must be a register"),
    };

    public int To(int index) => To(this[index]);

    /// <summary>Gets the slot of a value.</summary>
    /// <param name="operand">The operand.</param>
    /// <param name="type">Type that the instruction reads.</param>
    public int From(PtxOperand operand, PtxType type) => operand.Kind switch
    {
        OperandKind.Register => Slot(operand.Register),
        OperandKind.Immediate => Immediate(BitsOf(operand, type), type == PtxType.Pred ? 4 : Math.Max(2, type.Bytes())),
        OperandKind.Symbol => Address(operand.Name, operand.Value, type.Bytes()),
        OperandKind.Special => Special(operand.Name),
        OperandKind.Sink => Immediate(0, 8),
        _ => throw CannotRun("an operand has a form that it cannot have"),
    };

    public int From(int index, PtxType type) => From(this[index], type);

    public PtxType TypeOf(PtxOperand operand) => operand.Register < 0
        ? PtxType.None : Instruction.Frame.Function.Registers[operand.Register].Type;

    /// <summary>Gets the value of an operand that is an immediate.</summary>
    public long Constant(int index) => this[index].Kind == OperandKind.Immediate
        ? this[index].Value : throw CannotRun($"operand {index + 1} must be a number");

    public int Immediate(ulong bits, int bytes)
    {
        if (bytes < 8) bits &= (1UL << (8 * bytes)) - 1;
        if (immediates.TryGetValue((bits, bytes), out var slot)) return slot;
        slot = Reserve(bytes);
        values.Add((slot, bits, bytes));
        return immediates[(bits, bytes)] = slot;
    }

    /// <summary>Gets the slot of the address of a variable.</summary>
    public int Address(string name, long offset, int bytes = 8)
    {
        if (module.Calls.AddressOf(name) is var pointer and not 0) return Immediate(pointer, 8);
        var storage = StorageOf(name);
        if (storage.In is not null) throw CannotRun("it uses the address of a variable of a function that is recursive or called through a pointer");
        if (storage.Symbol is null) return Immediate(unchecked((ulong)(storage.Offset + offset + (long)TagOf(storage.Space))), bytes);
        if (addresses.TryGetValue((name, offset), out var slot)) return slot;
        return addresses[(name, offset)] = Reserve(8);
    }

    /// <summary>Gets where a variable is: in local memory, or in a frame.</summary>
    public AddressOperand PlaceOf(Storage storage, long offset = 0) => storage.In is { } function
        ? new(FrameOf(function), false, storage.Offset + offset) : new(Immediate((ulong)(storage.Offset + offset), 8), false, 0);

    /// <summary>Gets the address of a variable in a frame, relative to it; null if it is in none.</summary>
    public (int BaseSlot, ulong Offset)? InFrame(PtxOperand operand) =>
        operand.Kind is OperandKind.Symbol or OperandKind.Address && Instruction.Frame.Variables.TryGetValue(operand.Name, out var storage) && storage.In is { } function
            ? (FrameOf(function), unchecked((ulong)(storage.Offset + operand.Value + (long)TagOf(storage.Space)))) : null;

    /// <summary>Makes a function that is called ready to run.</summary>
    public Callee CalleeOf(CalledFunction function, int entry)
    {
        var slots = Enumerable.Range(function.FirstRegister, function.EndRegister - function.FirstRegister)
            .Select(register => (Slot: registers.Length == 0 ? 0 : registers[register], Type: types[register])).Distinct().ToArray();
        return new(
            module.Calls.AddressOf(function.Function.Name), entry, slots, FrameOf(function), (function.FrameBytes + 15) / 16 * 16,
            Places(function.Function.Parameters), Places(function.Function.Results));

        (int, int)[] Places(List<PtxVariable> variables) => [.. variables.Select(one => (function.Frame.Variables[one.Name].Offset, one.Bytes))];
    }

    public Storage StorageOf(string name) => Instruction.Frame.Variables.TryGetValue(name, out var storage)
        ? storage : throw CannotRun($"'{name}' is no variable of the module");

    /// <summary>Slots of the predicates that a comparison gives in place of its first operand; null for those of the operand.</summary>
    public (int First, int Second)? Results { get; set; }

    /// <summary>Gets two slots for predicates that only one instruction uses.</summary>
    public (int First, int Second) UsePredicates()
    {
        if (predicates < 0) predicates = Reserve(16);
        return (predicates, predicates + 8);
    }

    public int UseCarry() => Carry < 0 ? Carry = Reserve(4) : Carry;

    /// <summary>Makes the initial bytes of a warp's memory.</summary>
    public byte[] MakeConstants()
    {
        var bytes = new byte[next];
        foreach (var (slot, bits, size) in values)
            for (var lane = 0; lane < 32; lane++)
                for (var i = 0; i < size; i++) bytes[slot + (lane * size) + i] = (byte)(bits >> (8 * i));
        return bytes;
    }

    // A function's parameters are in local memory, which the space of parameters must be told from.
    private int FrameOf(CalledFunction function) => frames.TryGetValue(function, out var slot) ? slot : frames[function] = Reserve(8);

    private ulong TagOf(PtxSpace space) => space == PtxSpace.Local && IsParameter() ? Machine.Warp.LocalTag : 0;

    private bool IsParameter() => Ptx.Operands.Any(operand =>
        operand.Kind == OperandKind.Symbol && (Instruction.Frame.Function.Variables.TryGetValue(operand.Name, out var variable)
            ? variable.Space == PtxSpace.Param
            : Instruction.Frame.Function.Parameters.Concat(Instruction.Frame.Function.Results).Any(one => one.Name == operand.Name)));

    private int Slot(int register) => registers.Length == 0 ? 0 : registers[register + Instruction.Frame.RegisterBase];

    private int Special(string name)
    {
        if (specials.TryGetValue(name, out var slot)) return slot;
        if (!Machine.SpecialRegisters.Has(name)) throw CannotRun($"the special register '{name}' is not emulated");
        return specials[name] = Reserve(4);
    }

    private int Reserve(int bytes)
    {
        var slot = next;
        next += Math.Max(bytes * 32, 32);
        return slot;
    }

    private static ulong BitsOf(PtxOperand operand, PtxType type) => (operand.FloatBytes, type) switch
    {
        (8, PtxType.F32 or PtxType.B32) => BitConverter.SingleToUInt32Bits((float)BitConverter.Int64BitsToDouble(operand.Value)),
        (4, PtxType.F64) => BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle((uint)operand.Value)),
        (0, PtxType.Pred) => operand.Value != 0 ? uint.MaxValue : 0,
        _ => (ulong)operand.Value,
    };
}
