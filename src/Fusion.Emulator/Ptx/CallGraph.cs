namespace Fusion.Emulation.Ptx;

/// <summary>Which functions of a module call which, and which can be called through pointers.</summary>
internal sealed class CallGraph
{
    // Bits of a pointer that no address of memory has.
    private const ulong Tag = 4UL << 56;

    private readonly PtxModule module;
    private readonly List<string> pointed = [];
    private readonly Dictionary<PtxFunction, HashSet<PtxFunction>> callees = [];

    public CallGraph(PtxModule module)
    {
        this.module = module;
        var names = module.Variables.Values.SelectMany(variable => variable.Addresses.Select(one => one.Symbol))
            .Concat(module.Functions.Values.SelectMany(function => function.Body.Where(one => one.Opcode != "call").SelectMany(one => Names(one.Operands))));
        pointed.AddRange(names.Where(name => module.Functions.TryGetValue(name, out var function) && !function.IsKernel && function.HasBody).Distinct());
        foreach (var function in module.Functions.Values) callees[function] = [.. function.Body.Where(one => one.Opcode == "call").SelectMany(CalleesOf)];
    }

    /// <summary>Pointer to a function; 0 if the module has none of that name whose address is taken.</summary>
    public ulong AddressOf(string name) => pointed.IndexOf(name) is var index and >= 0 ? Tag | (((ulong)index + 1) << 4) : 0;

    /// <summary>Functions that a call may call.</summary>
    public PtxFunction[] CalleesOf(PtxInstruction call)
    {
        var (target, results, arguments) = Parse(call);
        if (target is null) return [];
        if (target.Kind == OperandKind.Symbol) return module.Functions.TryGetValue(target.Name, out var callee) && callee.HasBody ? [callee] : [];
        return [.. pointed.Select(name => module.Functions[name]).Where(one => one.Parameters.Count == arguments.Length && one.Results.Count == results.Length)];
    }

    /// <summary>Whether a function can come to call itself.</summary>
    public bool IsRecursive(PtxFunction function)
    {
        var reached = new HashSet<PtxFunction>();
        var work = new Stack<PtxFunction>(callees[function]);
        while (work.TryPop(out var next))
            if (reached.Add(next)) foreach (var callee in callees[next]) work.Push(callee);
        return reached.Contains(function);
    }

    /// <summary>Splits a call: what is called, where the results go, and the arguments.</summary>
    public static (PtxOperand? Target, PtxOperand[] Results, PtxOperand[] Arguments) Parse(PtxInstruction call)
    {
        var operands = call.Operands;
        var at = Array.FindIndex(operands, operand => operand.Kind is OperandKind.Symbol or OperandKind.Register);
        if (at < 0) return (null, [], []);
        return (operands[at], at == 1 ? operands[0].Parts! : [], at + 1 < operands.Length && operands[at + 1].Kind == OperandKind.List ? operands[at + 1].Parts! : []);
    }

    private static IEnumerable<string> Names(PtxOperand[] operands) =>
        operands.SelectMany(one => one.Parts is { } parts ? Names(parts).Append(one.Name) : [one.Name]);
}
