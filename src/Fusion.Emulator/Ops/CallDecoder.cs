using System.Numerics;
using System.Text;
using Fusion.Emulation.Machine;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation.Ops;

/// <summary>Decodes calls of functions that a GPU's driver has: printing and failed assertions.</summary>
internal static class CallDecoder
{
    /// <summary>Decodes a call of functions of the module.</summary>
    public static Instruction Call(Operands o)
    {
        var (site, targets) = (o.Instruction.Site!, o.Instruction.Targets!);
        var callees = site.Callees.Select((callee, i) => o.CalleeOf(callee, targets[i])).ToArray();
        return new CallFunction(
            callees, site.Pointer is null ? -1 : o.From(site.Pointer, PtxType.B64), targets[^1], [.. site.Arguments.Select(one => o.PlaceOf(one))],
            [.. site.Results.Select(one => o.PlaceOf(one))]);
    }

    public static Instruction? TryDecode(Operands o)
    {
        if (o.Ptx.Opcode != "call") return null;
        var operands = o.Ptx.Operands;
        var at = Array.FindIndex(operands, operand => operand.Kind == OperandKind.Symbol);
        var arguments = operands[^1].Parts is { } parts && operands.Length > at + 1 ? parts : [];
        var places = arguments.Select(one => o.PlaceOf(o.StorageOf(one.Name))).ToArray();
        return (operands[at].Name, places.Length) switch
        {
            ("vprintf", 2) => new Print(places[0], places[1], at == 1 ? o.PlaceOf(o.StorageOf(operands[0].Parts![0].Name)) : null),
            ("__assertfail", 5) => new FailedAssertion(places),
            _ => throw o.CannotRun($"the function '{operands[at].Name}' has no body in the module"),
        };
    }
}

/// <summary>Reads texts and values as a kernel's call has them: in the local memory of the lane.</summary>
internal static unsafe class CallArguments
{
    public static ulong Pointer(Warp warp, AddressOperand place, int lane) => *(ulong*)warp.LocalMemory(place.Of(warp, lane), 8, lane);

    public static uint Word(Warp warp, AddressOperand place, int lane) => *(uint*)warp.LocalMemory(place.Of(warp, lane), 4, lane);

    public static string Text(Warp warp, ulong address, int lane)
    {
        var bytes = new List<byte>();
        for (byte one; (one = *warp.Generic(address, 1, lane, Access.Read)) != 0; address++) bytes.Add(one);
        return Encoding.UTF8.GetString([.. bytes]);
    }
}

/// <summary>An assertion that does not hold.</summary>
internal sealed class FailedAssertion(AddressOperand[] places) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var lane = BitOperations.TrailingZeroCount(mask);
        string Text(int index) => CallArguments.Text(warp, CallArguments.Pointer(warp, places[index], lane), lane);
        throw new KernelFaultException(
            FaultKind.Assertion, $"the assertion '{Text(0)}' of '{Text(3)}' in {Text(1)}:{CallArguments.Word(warp, places[2], lane)} does not hold", lane);
    }
}

/// <summary>Prints.</summary>
internal sealed unsafe class Print(AddressOperand format, AddressOperand values, AddressOperand? to) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            var text = CallArguments.Text(warp, CallArguments.Pointer(warp, format, lane), lane);
            var printer = new PrintFormat(warp, lane, CallArguments.Pointer(warp, values, lane));
            warp.Gpu.Machine.Print(printer.Format(text));
            if (to is { } place) *(int*)warp.LocalMemory(place.Of(warp, lane), 4, lane) = printer.Count;
        }
    }
}
