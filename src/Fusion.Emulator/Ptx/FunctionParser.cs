namespace Fusion.Emulation.Ptx;

/// <summary>Reads a function: its head and body. Names of nested scopes become unique.</summary>
internal sealed class FunctionParser(TokenCursor cursor, PtxModule module)
{
    private readonly FunctionScopes scopes = new();
    private PtxFunction function = null!;
    private SourceLine? source;

    public PtxFunction Read(bool isKernel, int line)
    {
        var results = new List<PtxVariable>();
        scopes.Enter();
        var pending = new List<(string Name, PtxType Type)>();
        if (cursor.Current.Is("(")) VariableParser.ReadParameters(cursor, results, Pend);
        function = new(cursor.Word(), isKernel, line);
        function.Results.AddRange(results);
        if (cursor.Current.Is("(")) VariableParser.ReadParameters(cursor, function.Parameters, Pend);
        foreach (var (name, type) in pending) scopes.DeclareRegister(function, name, type);
        ReadDirectives();
        if (cursor.TryTake(";")) return function;

        function.HasBody = true;
        cursor.Expect("{");
        ReadBlock();
        scopes.ResolveLabels(function);
        return function;

        int Pend(string name, PtxType type)
        {
            pending.Add((name, type));
            return 0;
        }
    }

    private void ReadDirectives()
    {
        while (cursor.Current.Kind == TokenKind.Word)
        {
            switch (cursor.Take().Value)
            {
                case ".maxntid":
                    function.MaxThreads = Product(ReadInts());
                    break;
                case ".reqntid":
                    function.RequiredBlock = ReadInts();
                    break;
                case ".reqnctapercluster":
                    function.RequiredCluster = ReadInts();
                    break;
                case ".minnctapersm" or ".maxnctapersm" or ".maxnreg" or ".maxclusterrank":
                    cursor.Int();
                    break;
                case ".pragma":
                    cursor.SkipStatement();
                    break;
                case ".noreturn" or ".explicitcluster" or ".blocksareclusters":
                    break;
                case var word:
                    throw PtxException.At(cursor.Line, $"the directive '{word}' of the function '{function.Name}' is unknown.");
            }
        }
    }

    private int[] ReadInts()
    {
        int[] values = [1, 1, 1];
        var count = 0;
        do
        {
            if (count == 3) throw PtxException.At(cursor.Line, "a shape has at most three numbers.");
            values[count++] = cursor.Int();
        }
        while (cursor.TryTake(","));
        return values;
    }

    private static int Product(int[] values) => checked(values[0] * values[1] * values[2]);

    private void ReadBlock()
    {
        scopes.Enter();
        while (!cursor.TryTake("}"))
        {
            if (cursor.IsEnd) throw PtxException.At(cursor.Line, $"the body of '{function.Name}' does not end.");
            if (cursor.TryTake("{")) ReadBlock();
            else if (cursor.Current.Kind == TokenKind.Word && cursor.Following.Is(":")) ReadLabel();
            else if (cursor.Current.Kind == TokenKind.Word && cursor.Current.Value.StartsWith('.')) ReadDirective();
            else if (!cursor.TryTake(";")) ReadInstruction();
        }

        scopes.Leave();
    }

    private void ReadLabel()
    {
        var name = cursor.Word();
        cursor.Expect(":");
        if (cursor.TryTake(".branchtargets"))
        {
            var labels = new List<string>();
            do
            {
                labels.Add(scopes.Use(cursor.Word()));
            }
            while (cursor.TryTake(","));
            cursor.Expect(";");
            function.BranchTargets[name] = [.. labels];
        }
        else if (cursor.Current.Is(".callprototype") || cursor.Current.Is(".calltargets"))
        {
            cursor.SkipStatement();
        }
        else
        {
            scopes.DeclareLabel(function, name, cursor.Line);
        }
    }

    private void ReadDirective()
    {
        switch (cursor.Take().Value)
        {
            case ".reg":
                ReadRegisters();
                break;
            case ".local":
                ReadVariables(PtxSpace.Local);
                break;
            case ".shared":
                ReadVariables(PtxSpace.Shared);
                break;
            case ".param":
                ReadVariables(PtxSpace.Param);
                break;
            case ".loc":
                ReadLocation();
                break;
            case ".pragma":
                cursor.SkipStatement();
                break;
            case var word:
                throw PtxException.At(cursor.Line, $"the directive '{word}' in '{function.Name}' is unknown.");
        }
    }

    private void ReadRegisters()
    {
        var (type, _, elements) = VariableParser.ReadType(cursor);
        if (elements != 1) throw PtxException.At(cursor.Line, "registers that are vectors are not supported.");
        do
        {
            var name = cursor.Word();
            if (!cursor.TryTake("<"))
            {
                scopes.DeclareRegister(function, name, type);
                continue;
            }

            var count = cursor.Int();
            if (count is < 0 or > 1_000_000) throw PtxException.At(cursor.Line, $"{count} registers are too many.");
            for (var i = 0; i < count; i++) scopes.DeclareRegister(function, $"{name}{i}", type);
            cursor.Expect(">");
        }
        while (cursor.TryTake(","));
        cursor.Expect(";");
    }

    private void ReadVariables(PtxSpace space)
    {
        foreach (var variable in VariableParser.Read(cursor, space)) scopes.DeclareVariable(function, variable);
    }

    private void ReadLocation()
    {
        var (file, line) = (cursor.Int(), cursor.Int());
        cursor.Int();
        // What was inlined keeps its own line.
        while (cursor.TryTake(","))
        {
            cursor.Word();
            if (cursor.Current.Kind == TokenKind.Word) cursor.Take();
            while (cursor.Current.Kind == TokenKind.Number || cursor.Current.Is("+")) cursor.Take();
        }

        source = line == 0 ? null : new(module.Files, file, line);
    }

    private void ReadInstruction()
    {
        var (guard, isNegated) = (-1, false);
        if (cursor.TryTake("@"))
        {
            isNegated = cursor.TryTake("!");
            var name = cursor.Word();
            guard = scopes.FindRegister(name) is var found and >= 0
                ? found : throw PtxException.At(cursor.Line, $"the predicate '{name}' is not declared.");
        }

        var line = cursor.Line;
        var words = cursor.Word().Split('.');
        var operands = new OperandParser(cursor, scopes).ReadAll();
        var instruction = new PtxInstruction(words[0], words[1..], operands, line, source) { Guard = guard, GuardIsNegated = isNegated };
        if (instruction.Opcode is "bra" or "brx") operands[0] = operands[0] with { Name = scopes.Use(operands[0].Name) };
        function.Body.Add(instruction);
    }
}
