using System.Globalization;
using Fusion.Emulation.Ptx;

namespace Fusion.Emulation;

/// <summary>Writes instructions as PTX has them.</summary>
internal static class PtxText
{
    public static string Of(FlatInstruction instruction)
    {
        var ptx = instruction.Ptx;
        var function = instruction.Frame.Function;
        var guard = ptx.Guard < 0 ? "" : $"@{(ptx.GuardIsNegated ? "!" : "")}{function.Registers[ptx.Guard].Name} ";
        var operands = string.Join(", ", ptx.Operands.Select(operand => Of(operand, function)));
        return $"{guard}{ptx.Text}{(operands.Length == 0 ? "" : " ")}{operands};";
    }

    private static string Of(PtxOperand operand, PtxFunction function)
    {
        var text = operand.Kind switch
        {
            OperandKind.Register => operand.Name + (operand.Parts is [var second] ? $"|{Of(second, function)}" : ""),
            OperandKind.Immediate => Number(operand),
            OperandKind.Symbol => Name(operand.Name) + Offset(operand.Value),
            OperandKind.Address => $"[{Base(operand, function)}{(operand.Parts is { } rest ? $", {All(rest, function)}" : "")}]",
            OperandKind.Vector => $"{{{All(operand.Parts!, function)}}}",
            OperandKind.List => $"({All(operand.Parts!, function)})",
            OperandKind.Sink => "_",
            _ => operand.Name,
        };
        return operand.IsNegated ? $"!{text}" : text;
    }

    private static string All(PtxOperand[] parts, PtxFunction function) => string.Join(", ", parts.Select(part => Of(part, function)));

    private static string Base(PtxOperand address, PtxFunction function)
    {
        if (address.Register >= 0) return function.Registers[address.Register].Name + Offset(address.Value);
        return address.Name.Length == 0 ? address.Value.ToString(CultureInfo.InvariantCulture) : Name(address.Name) + Offset(address.Value);
    }

    private static string Offset(long value) => value == 0 ? "" : value.ToString("+0;-0", CultureInfo.InvariantCulture);

    private static string Number(PtxOperand operand) => operand.FloatBytes switch
    {
        4 => $"0f{(uint)operand.Value:X8}",
        8 => $"0d{(ulong)operand.Value:X16}",
        _ => operand.Value.ToString(CultureInfo.InvariantCulture),
    };

    // Names that occur in several scopes have a number behind them.
    private static string Name(string unique) => unique.Split('@')[0];
}
