namespace Fusion.Compiler.Images;

/// <summary>Reads types and template arguments from symbols, spelled as <see cref="TypeSpelling"/> spells them.</summary>
/// <remarks>Itanium C++ ABI, 5.1.5, "Type encodings".</remarks>
internal sealed class ItaniumTypes(SymbolCursor cursor)
{
    private List<string> _arguments = [];

    /// <summary>Reads the template arguments of a function, to which its parameters' types may refer.</summary>
    /// <returns>The arguments with their brackets.</returns>
    public string ReadFunctionArguments()
    {
        _arguments = ReadArgumentList("I");
        return Brackets(_arguments);
    }

    /// <summary>Reads a type.</summary>
    /// <exception cref="FormatException">It is of a kind that is not read here.</exception>
    public string Read() => cursor.Nested(ReadType);

    private string ReadType()
    {
        if (BuiltinTypes.Take(cursor) is { } builtin) return builtin;
        if (cursor.Take("P")) return cursor.Remember(Declare(Read(), "*"));
        if (cursor.Take("R")) return cursor.Remember(Declare(Read(), "&"));
        if (cursor.Take("O")) return cursor.Remember(Declare(Read(), "&&"));
        if (cursor.Current is 'K' or 'V') return ReadQualified();
        if (cursor.Take("F")) return ReadFunction();
        if (cursor.Take("A")) return ReadArray();
        if (cursor.Take("T")) return cursor.Remember(Argument());
        if (cursor.Take("N")) return ReadNested();
        if (cursor.Take("S")) return WithArguments(cursor.Take("t") ? cursor.Remember($"std::{cursor.SourceName()}") : cursor.Reference());
        if (char.IsAsciiDigit(cursor.Current)) return WithArguments(cursor.Remember(cursor.SourceName()));
        throw cursor.Unreadable();
    }

    // Pointers to functions and arrays carry their star in parentheses: int (*)(float).
    private static string Declare(string type, string mark)
    {
        var group = type.IndexOf("()", StringComparison.Ordinal);
        return group < 0 ? type + mark : type.Insert(group + 1, mark);
    }

    private string ReadQualified()
    {
        var isVolatile = cursor.Take("V");
        var isConst = cursor.Take("K");
        if (!isVolatile && !isConst) throw cursor.Unreadable();
        var words = (isConst ? "const " : "") + (isVolatile ? "volatile " : "");
        var type = Read();
        return cursor.Remember(type[^1] is '*' or '&' ? $"{type} {words.TrimEnd()}" : words + type);
    }

    private string ReadFunction()
    {
        var result = Read();
        var parameters = new List<string>();
        while (!cursor.Take("E"))
        {
            if (cursor.Take("v")) continue;
            parameters.Add(Read());
        }

        return cursor.Remember($"{result} ()({string.Join(", ", parameters)})");
    }

    private string ReadArray()
    {
        var length = cursor.Current == '_' ? "" : $"{cursor.Number()}";
        cursor.Expect("_");
        return cursor.Remember($"{Read()} ()[{length}]");
    }

    private string Argument()
    {
        var index = cursor.Index(10);
        return index < _arguments.Count ? _arguments[index] : throw cursor.Unreadable();
    }

    private string ReadNested()
    {
        var path = "";
        while (!cursor.Take("E"))
        {
            if (cursor.Current == 'I')
            {
                path = cursor.Remember(path + Brackets(ReadArgumentList("I")));
            }
            else if (cursor.Take("S"))
            {
                path = cursor.Take("t") ? "std" : cursor.Reference();
            }
            else
            {
                path = cursor.Remember(ItaniumSymbol.Append(path, cursor.SourceName()));
            }
        }

        return path.Length == 0 ? throw cursor.Unreadable() : path;
    }

    private string WithArguments(string name) =>
        cursor.Current == 'I' ? cursor.Remember(name + Brackets(ReadArgumentList("I"))) : name;

    private List<string> ReadArgumentList(string open)
    {
        cursor.Expect(open);
        var arguments = new List<string>();
        while (!cursor.Take("E"))
        {
            // A pack is a list in the list.
            if (cursor.Current == 'J') arguments.Add(cursor.Nested(() => string.Join(", ", ReadArgumentList("J"))));
            else if (cursor.Current == 'L') arguments.Add(cursor.Nested(ReadValue));
            else arguments.Add(Read());
        }

        return arguments;
    }

    // L type number E; a negative number starts with n. L _Z name E is a function or variable.
    private string ReadValue()
    {
        cursor.Expect("L");
        if (cursor.Current == '_') throw cursor.Unreadable();
        var type = Read();
        var sign = cursor.Take("n") ? "-" : "";
        var value = $"{sign}{cursor.Number()}";
        cursor.Expect("E");
        return type switch
        {
            "bool" => value == "0" ? "false" : "true",
            _ => BuiltinTypes.IsInteger(type) ? value : $"({type}){value}",
        };
    }

    private static string Brackets(List<string> arguments) =>
        $"<{string.Join(", ", arguments.Where(argument => argument.Length > 0))}>";
}
