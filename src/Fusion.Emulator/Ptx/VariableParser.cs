using System.Buffers.Binary;

namespace Fusion.Emulation.Ptx;

/// <summary>Reads declarations of variables and parameters.</summary>
internal static class VariableParser
{
    private static readonly Dictionary<string, int> Vectors = new() { [".v2"] = 2, [".v4"] = 4, [".v8"] = 8 };

    /// <summary>Reads what follows the state space, to behind the semicolon.</summary>
    public static List<PtxVariable> Read(TokenCursor cursor, PtxSpace space)
    {
        var variables = new List<PtxVariable>();
        var (type, alignment, elements) = ReadType(cursor);
        do
        {
            var variable = ReadName(cursor, space, type, alignment, elements);
            if (cursor.TryTake("=")) new Initializer(cursor, variable).Read();
            variables.Add(variable);
        }
        while (cursor.TryTake(","));
        cursor.Expect(";");
        return variables;
    }

    /// <summary>Reads a list of parameters between parentheses.</summary>
    public static void ReadParameters(TokenCursor cursor, List<PtxVariable> to, Func<string, PtxType, int> declareRegister)
    {
        cursor.Expect("(");
        while (!cursor.TryTake(")"))
        {
            var line = cursor.Line;
            var space = cursor.Word();
            if (space == ".reg")
            {
                var (registerType, _, _) = ReadType(cursor);
                var name = cursor.Word();
                declareRegister(name, registerType);
                to.Add(new PtxVariable(name, PtxSpace.Generic, registerType, line));
            }
            else if (space == ".param")
            {
                var (type, alignment, elements) = ReadType(cursor);
                to.Add(ReadName(cursor, PtxSpace.Param, type, alignment, elements));
            }
            else
            {
                throw PtxException.At(line, $"a parameter cannot be in '{space}'.");
            }

            cursor.TryTake(",");
        }
    }

    public static (PtxType Type, int Alignment, int Elements) ReadType(TokenCursor cursor)
    {
        var alignment = 0;
        var elements = 1;
        while (true)
        {
            var line = cursor.Line;
            var word = cursor.Word();
            if (word == ".align") alignment = cursor.Int();
            else if (word == ".ptr") SkipPointer(cursor);
            else if (word == ".attribute") SkipParentheses(cursor);
            else if (Vectors.TryGetValue(word, out var count)) elements = count;
            else if (!PtxTypes.TryParse(word.TrimStart('.'), out var type)) throw PtxException.At(line, $"'{word}' is not a type of a variable.");
            else
            {
                // An alignment or a pointer's attributes may follow the type.
                while (cursor.Current.Is(".ptr") || cursor.Current.Is(".align") || cursor.Current.Is(".global") ||
                       cursor.Current.Is(".const") || cursor.Current.Is(".shared") || cursor.Current.Is(".local"))
                {
                    if (cursor.Take().Value == ".align") cursor.Int();
                }

                return (type, alignment, elements);
            }
        }
    }

    private static void SkipPointer(TokenCursor cursor)
    {
        while (cursor.Current.Value is ".global" or ".const" or ".shared" or ".local") cursor.Take();
    }

    private static void SkipParentheses(TokenCursor cursor)
    {
        cursor.Expect("(");
        while (!cursor.TryTake(")"))
        {
            if (cursor.IsEnd) throw PtxException.At(cursor.Line, "a parenthesis is not closed.");
            cursor.Take();
        }
    }

    private static PtxVariable ReadName(TokenCursor cursor, PtxSpace space, PtxType type, int alignment, int elements)
    {
        var line = cursor.Line;
        var variable = new PtxVariable(cursor.Word(), space, type, line);
        var bytes = (long)type.Bytes() * elements;
        while (cursor.TryTake("["))
        {
            bytes *= cursor.Current.Is("]") ? 0 : cursor.Int();
            cursor.Expect("]");
        }

        variable.Bytes = bytes <= int.MaxValue ? (int)bytes : throw PtxException.At(line, $"the variable '{variable.Name}' is too large.");
        variable.Alignment = Math.Max(alignment, type.Bytes());
        return variable;
    }

    /// <summary>Reads the initial value of a variable.</summary>
    private sealed class Initializer(TokenCursor cursor, PtxVariable variable)
    {
        private readonly int size = variable.Type.Bytes();
        private readonly List<byte> bytes = [];

        public void Read()
        {
            ReadValue();
            if (variable.Bytes == 0) variable.Bytes = bytes.Count;
            if (bytes.Count > variable.Bytes)
                throw PtxException.At(cursor.Line, $"the variable '{variable.Name}' has more initial values than elements.");
            variable.Initial = [.. bytes];
        }

        private void ReadValue()
        {
            if (cursor.TryTake("{"))
            {
                while (!cursor.TryTake("}"))
                {
                    ReadValue();
                    cursor.TryTake(",");
                }

                return;
            }

            var element = new byte[8];
            if (cursor.Current.Kind == TokenKind.Word) ReadSymbol();
            else BinaryPrimitives.WriteInt64LittleEndian(element, ReadNumber());
            bytes.AddRange(element.AsSpan(0, size));
        }

        private long ReadNumber()
        {
            var value = cursor.Number(out var floatBytes);
            return floatBytes == 8 && variable.Type == PtxType.F32
                ? BitConverter.SingleToInt32Bits((float)BitConverter.Int64BitsToDouble(value)) : value;
        }

        private void ReadSymbol()
        {
            if (size != 8) throw PtxException.At(cursor.Line, $"a part of an address in the variable '{variable.Name}' is not supported.");
            var name = cursor.Word();
            var isGeneric = name == "generic" && cursor.TryTake("(");
            if (isGeneric) name = cursor.Word();
            var offset = cursor.Current.Is("+") || cursor.Current.Is("-") ? cursor.Number(out _) : 0;
            if (isGeneric) cursor.Expect(")");
            variable.Addresses.Add((bytes.Count, name, offset, isGeneric));
        }
    }
}
