namespace Fusion.Emulation.Ptx;

/// <summary>Reads PTX: the module's own statements. Functions are read by <see cref="FunctionParser"/>, variables by
/// <see cref="VariableParser"/>.</summary>
internal sealed class PtxParser
{
    private static readonly string[] Linkages = [".extern", ".visible", ".weak", ".common"];

    private readonly TokenCursor cursor;
    private readonly PtxModule module = new();

    private PtxParser(string text) => cursor = new(text);

    /// <summary>Reads a module.</summary>
    /// <exception cref="PtxException">The text is not PTX.</exception>
    public static PtxModule Parse(string text)
    {
        var parser = new PtxParser(text);
        try
        {
            parser.ReadModule();
        }
        catch (OverflowException)
        {
            throw PtxException.At(parser.cursor.Line, "a number is too large.");
        }

        return parser.module;
    }

    private void ReadModule()
    {
        if (!cursor.Current.Is(".version")) throw PtxException.At(cursor.Line, "PTX begins with '.version'.");
        while (!cursor.IsEnd) ReadStatement();
        if (module.Target.Length == 0) throw PtxException.At(cursor.Line, "there is no '.target'.");
    }

    private void ReadStatement()
    {
        var isExternal = false;
        while (Linkages.Contains(cursor.Current.Value)) isExternal |= cursor.Take().Value == ".extern";
        var line = cursor.Line;
        switch (cursor.Word())
        {
            case ".version":
                module.Version = Version.TryParse(cursor.Take().Value, out var version)
                    ? version : throw PtxException.At(line, "'.version' needs a number such as 8.4.");
                break;
            case ".target":
                module.Target = cursor.Word();
                while (cursor.TryTake(",")) cursor.Word();
                break;
            case ".address_size":
                if (cursor.Int() != 64) throw PtxException.At(line, "addresses must have 64 bits.");
                break;
            case ".file":
                ReadFile();
                break;
            case ".section":
                cursor.Word();
                cursor.SkipBraces();
                break;
            case ".pragma":
                cursor.SkipStatement();
                break;
            case ".func":
                ReadFunction(isKernel: false, line);
                break;
            case ".entry":
                ReadFunction(isKernel: true, line);
                break;
            case ".global":
                ReadVariables(PtxSpace.Global, isExternal);
                break;
            case ".const":
                ReadVariables(PtxSpace.Const, isExternal);
                break;
            case ".shared":
                ReadVariables(PtxSpace.Shared, isExternal);
                break;
            case var word:
                throw PtxException.At(line, $"the statement '{word}' is unknown.");
        }
    }

    private void ReadFile()
    {
        var number = cursor.Int();
        module.Files[number] = cursor.Take().Value;
        while (cursor.TryTake(",")) cursor.Number(out _);
    }

    private void ReadFunction(bool isKernel, int line)
    {
        var function = new FunctionParser(cursor, module).Read(isKernel, line);
        // A declaration comes before its definition, or alone.
        if (function.HasBody || !module.Functions.ContainsKey(function.Name)) module.Functions[function.Name] = function;
    }

    private void ReadVariables(PtxSpace space, bool isExternal)
    {
        foreach (var variable in VariableParser.Read(cursor, space))
        {
            variable.IsExternal = isExternal;
            module.Variables[variable.Name] = variable;
        }
    }
}
