namespace Fusion.Emulation.Ptx;

/// <summary>Reads the operands of an instruction.</summary>
internal sealed class OperandParser(TokenCursor cursor, FunctionScopes scopes)
{
    /// <summary>Reads all operands, to behind the semicolon.</summary>
    public PtxOperand[] ReadAll()
    {
        if (cursor.TryTake(";")) return [];
        var operands = new List<PtxOperand>();
        do
        {
            operands.Add(Read());
        }
        while (cursor.TryTake(","));
        cursor.Expect(";");
        return [.. operands];
    }

    private PtxOperand Read()
    {
        if (cursor.TryTake("[")) return ReadAddress();
        if (cursor.TryTake("{")) return new(OperandKind.Vector, Parts: ReadParts("}"));
        if (cursor.TryTake("(")) return new(OperandKind.List, Parts: ReadParts(")"));
        if (cursor.TryTake("!")) return Read() with { IsNegated = true };
        if (cursor.Current.Kind == TokenKind.Number || cursor.Current.Is("-") || cursor.Current.Is("+")) return ReadNumber();
        return ReadWord();
    }

    private PtxOperand[] ReadParts(string end)
    {
        var parts = new List<PtxOperand>();
        while (!cursor.TryTake(end))
        {
            parts.Add(Read());
            if (!cursor.TryTake(",") && !cursor.Current.Is(end)) cursor.Expect(end);
        }

        return [.. parts];
    }

    private PtxOperand ReadNumber()
    {
        var value = cursor.Number(out var floatBytes);
        return new(OperandKind.Immediate, Value: value) { FloatBytes = floatBytes };
    }

    private PtxOperand ReadWord()
    {
        var line = cursor.Line;
        var word = cursor.Word();
        if (word == "_") return new(OperandKind.Sink);
        if (scopes.FindRegister(word) is var register and >= 0)
        {
            if (!cursor.TryTake("|")) return new(OperandKind.Register, register, word);
            return new(OperandKind.Register, register, word, Parts: [ReadWord()]);
        }

        if (word.StartsWith('%')) return new(OperandKind.Special, Name: word);
        if (word == "WARP_SZ") return new(OperandKind.Immediate, Value: 32);
        if (word.StartsWith('.')) throw PtxException.At(line, $"there is '{word}' where an operand was expected.");
        var offset = cursor.Current.Is("+") || cursor.Current.Is("-") ? cursor.Number(out _) : 0;
        return new(OperandKind.Symbol, Name: scopes.FindVariable(word), Value: offset);
    }

    private PtxOperand ReadAddress()
    {
        var address = cursor.Current.Kind == TokenKind.Number ? ReadNumber() : ReadWord();
        var offset = address.Value;
        if (address.Kind == OperandKind.Register && (cursor.Current.Is("+") || cursor.Current.Is("-"))) offset = cursor.Number(out _);
        var parts = cursor.TryTake(",") ? ReadParts("]") : null;
        if (parts is null) cursor.Expect("]");
        return new(OperandKind.Address, address.Register, address.Kind == OperandKind.Symbol ? address.Name : "", offset, parts);
    }
}
