namespace Fusion.Emulation.Ptx;

/// <summary>Puts the functions that a kernel calls in the places of the calls, so that a thread has one frame. Functions that
/// have no body stay calls, which the emulator's own functions answer.</summary>
internal sealed class Inliner
{
    private const int MaxInstructions = 2_000_000;
    private static readonly PtxInstruction Goto = new("bra", ["uni"], [], 0, null);

    private readonly PtxModule module;
    private readonly FlatCode code;
    private readonly Dictionary<string, Storage> sharedOfModule = [];

    private Inliner(PtxModule module, PtxFunction kernel) => (this.module, code) = (module, new(kernel));

    /// <exception cref="PtxException">A call cannot be inlined.</exception>
    public static FlatCode Inline(PtxModule module, PtxFunction kernel)
    {
        var inliner = new Inliner(module, kernel);
        inliner.Run();
        return inliner.code;
    }

    private void Run()
    {
        var kernel = code.Kernel;
        var frame = new InlineFrame(kernel, null, 0);
        foreach (var parameter in kernel.Parameters)
        {
            var offset = Align(code.ParameterBytes, parameter.Alignment);
            frame.Variables[parameter.Name] = new(PtxSpace.Param, offset);
            code.Parameters.Add((offset, parameter.Bytes));
            code.ParameterBytes = offset + parameter.Bytes;
        }

        AddBody(frame, end: -1);
        PlaceDynamicShared();
    }

    // The end is the label behind the call; -1 for the kernel itself.
    private void AddBody(InlineFrame frame, int end)
    {
        var function = frame.Function;
        foreach (var register in function.Registers) code.Registers.Add(register.Type);
        foreach (var (name, variable) in function.Variables) frame.Variables[name] = Place(variable);
        var labels = function.Labels.Values.Distinct().Order().ToDictionary(at => at, _ => NewLabel());

        for (var i = 0; i <= function.Body.Count; i++)
        {
            if (labels.TryGetValue(i, out var label)) code.Labels[label] = code.Instructions.Count;
            if (i < function.Body.Count) Add(function.Body[i], frame, labels, end);
        }

        // A body may end without a 'ret'.
        Leave(new("ret", [], [], function.Line, null), frame, end);
        if (code.Instructions.Count > MaxInstructions)
            throw new PtxException(PtxException.Unsupported, $"the kernel '{code.Kernel.Name}' is too large with its functions inlined.");
    }

    private void Add(PtxInstruction instruction, InlineFrame frame, Dictionary<int, int> labels, int end)
    {
        var function = frame.Function;
        switch (instruction.Opcode)
        {
            case "bra":
                code.Instructions.Add(new(instruction, frame, Flow.Jump, [labels[function.Labels[instruction.Operands[0].Name]]]));
                break;
            case "brx":
                var table = instruction.Operands is [_, { Name: var name }] && function.BranchTargets.TryGetValue(name, out var found)
                    ? found : throw CannotRun(instruction, "its table of targets is missing");
                code.Instructions.Add(new(instruction, frame, Flow.Table, [.. table.Select(one => labels[function.Labels[one]])]));
                break;
            case "ret":
                Leave(instruction, frame, end);
                break;
            case "exit":
                code.Instructions.Add(new(instruction, frame, Flow.Exit));
                break;
            case "call":
                Call(instruction, frame);
                break;
            default:
                code.Instructions.Add(new(instruction, frame));
                break;
        }
    }

    private void Leave(PtxInstruction instruction, InlineFrame frame, int end) => code.Instructions.Add(end < 0
        ? new(instruction, frame, Flow.Exit)
        : new(instruction, frame, Flow.Jump, [end]));

    private void Call(PtxInstruction instruction, InlineFrame frame)
    {
        var operands = instruction.Operands;
        var at = Array.FindIndex(operands, operand => operand.Kind is OperandKind.Symbol or OperandKind.Register);
        var results = at == 1 ? operands[0].Parts! : [];
        var arguments = at >= 0 && at + 1 < operands.Length && operands[at + 1].Kind == OperandKind.List ? operands[at + 1].Parts! : [];
        if (at < 0 || operands[at].Kind == OperandKind.Register)
            throw CannotRun(instruction, "calls through pointers, such as those of virtual functions, are not supported");
        if (!module.Functions.TryGetValue(operands[at].Name, out var callee))
            throw CannotRun(instruction, $"the function '{operands[at].Name}' is not in the module");
        if (!callee.HasBody)
        {
            code.Instructions.Add(new(instruction, frame));
            return;
        }

        for (var caller = frame; caller is not null; caller = caller.Caller)
            if (caller.Function == callee) throw CannotRun(instruction, $"the function '{callee.Name}' is recursive");
        var inner = new InlineFrame(callee, frame, code.Registers.Count);
        Bind(instruction, inner, callee.Parameters, arguments);
        Bind(instruction, inner, callee.Results, results);

        var end = NewLabel();
        if (instruction.Guard >= 0)
        {
            var around = Goto with { Guard = instruction.Guard, GuardIsNegated = !instruction.GuardIsNegated, Line = instruction.Line };
            code.Instructions.Add(new(around, frame, Flow.Jump, [end]));
        }

        AddBody(inner, end);
        code.Labels[end] = code.Instructions.Count;
    }

    private void Bind(PtxInstruction call, InlineFrame inner, List<PtxVariable> formals, PtxOperand[] actuals)
    {
        if (formals.Count != actuals.Length) throw CannotRun(call, $"'{inner.Function.Name}' has {formals.Count} parameters or results");
        for (var i = 0; i < formals.Count; i++)
        {
            if (actuals[i].Kind != OperandKind.Symbol || !inner.Caller!.Variables.TryGetValue(actuals[i].Name, out var storage))
                throw CannotRun(call, "only variables of the space '.param' can be arguments");
            inner.Variables[formals[i].Name] = storage;
        }
    }

    private Storage Place(PtxVariable variable)
    {
        if (variable.Space == PtxSpace.Shared)
        {
            code.SharedBytes = Align(code.SharedBytes, variable.Alignment) + variable.Bytes;
            return new(PtxSpace.Shared, code.SharedBytes - variable.Bytes);
        }

        code.LocalBytes = Align(code.LocalBytes, Math.Max(variable.Alignment, 8)) + variable.Bytes;
        return new(variable.Space == PtxSpace.Param ? PtxSpace.Local : variable.Space, code.LocalBytes - variable.Bytes);
    }

    // Shared variables of the module that the kernel uses; those without a size all start behind the others.
    private void PlaceDynamicShared()
    {
        var used = code.Instructions.SelectMany(one => Names(one.Ptx.Operands)).ToHashSet();
        var shared = module.Variables.Values.Where(one => one.Space == PtxSpace.Shared && used.Contains(one.Name)).ToList();
        foreach (var variable in shared.Where(one => one.Bytes > 0))
        {
            sharedOfModule[variable.Name] = Place(variable);
        }

        foreach (var variable in shared.Where(one => one.Bytes == 0))
            code.DynamicSharedAlignment = Math.Max(code.DynamicSharedAlignment, variable.Alignment);
        code.SharedBytes = Align(code.SharedBytes, code.DynamicSharedAlignment);
        foreach (var variable in shared.Where(one => one.Bytes == 0))
            sharedOfModule[variable.Name] = new(PtxSpace.Shared, code.SharedBytes);

        foreach (var frame in code.Instructions.Select(one => one.Frame).Distinct())
        {
            foreach (var (name, storage) in sharedOfModule) frame.Variables.TryAdd(name, storage);
            foreach (var variable in module.Variables.Values.Where(one => one.Space != PtxSpace.Shared))
                frame.Variables.TryAdd(variable.Name, new(variable.Space, 0, variable.Name));
        }
    }

    private static IEnumerable<string> Names(PtxOperand[] operands) =>
        operands.SelectMany(one => one.Parts is { } parts ? Names(parts).Append(one.Name) : [one.Name]);

    private int NewLabel()
    {
        code.Labels.Add(0);
        return code.Labels.Count - 1;
    }

    private PtxException CannotRun(PtxInstruction instruction, string why) => PtxException.CannotRun(code.Kernel.Name, instruction, why);

    private static int Align(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;
}
