using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Makes a kernel ready to run. What an instruction is comes from the decoder of its family; one that no family has is
/// an error that names it.</summary>
internal static class Decoder
{
    /// <exception cref="PtxException">The emulator cannot run the kernel.</exception>
    public static KernelCode Decode(PtxModule module, PtxFunction kernel)
    {
        var code = Inliner.Inline(module, kernel);
        BlockOrder.Apply(code);
        var operands = new Operands(kernel.Name, module);
        operands.SetTypes(code.Registers);
        // Once to find the immediates, which stand before the registers, and once more when all places are known.
        DecodeAll(code, operands);
        var registers = RegisterSlots.Assign(code, (operands.ConstantBytes + 63) / 64 * 64, out var end);
        operands.Place(registers);
        return new()
        {
            Name = kernel.Name,
            Flat = code,
            Instructions = DecodeAll(code, operands),
            Origins = [.. code.Instructions.Select(one => one.Ptx)],
            RegisterOffsets = registers,
            RegisterBytes = (end + 63) / 64 * 64,
            Constants = operands.MakeConstants(),
            Addresses = operands.Addresses,
            Specials = operands.Specials,
        };
    }

    private static Instruction[] DecodeAll(FlatCode code, Operands operands)
    {
        var result = new Instruction[code.Instructions.Count];
        for (var i = 0; i < result.Length; i++)
        {
            operands.Instruction = code.Instructions[i];
            var decoded = Decode(operands);
            decoded.IsLeader = code.IsLeader[i];
            if (operands.Instruction.IsGuarded)
            {
                decoded.Guard = operands.From(new PtxOperand(OperandKind.Register, operands.Ptx.Guard), PtxType.Pred);
                decoded.GuardIsNegated = operands.Ptx.GuardIsNegated;
            }

            result[i] = decoded;
        }

        return result;
    }

    private static Instruction Decode(Operands o)
    {
        FormRules.Check(o);
        return Find(o);
    }

    private static Instruction Find(Operands o) => o.Instruction.Flow switch
    {
        Flow.Jump => new JumpTo(o.Instruction.Targets![0]),
        Flow.Table => new JumpByTable(o.From(0, PtxType.U32), o.Instruction.Targets!),
        Flow.Exit => new EndThreads(),
        Flow.Call => CallDecoder.Call(o),
        Flow.Return => new ReturnFromFunction(),
        _ when o.Ptx.Opcode == "set" => SetDecoder.TryDecode(o) ?? throw o.CannotRun(),
        _ => IntegerDecoder.TryDecode(o) ?? FloatDecoder.TryDecode(o) ?? MoveDecoder.TryDecode(o) ?? ConversionDecoder.TryDecode(o) ??
            MemoryDecoder.TryDecode(o) ?? WarpDecoder.TryDecode(o) ?? CallDecoder.TryDecode(o) ?? throw o.CannotRun(),
    };

}
