namespace Fusion.Emulation.Ptx;

/// <summary>Puts the functions that a kernel calls in the places of the calls, so that a thread has one frame. Functions that
/// are recursive or called through pointers stand behind the kernel, once each. Functions that have no body stay calls, which the emulator's own functions
/// answer.</summary>
internal sealed class Inliner
{
    private const int MaxInstructions = 2_000_000;
    private static readonly PtxInstruction Goto = new("bra", ["uni"], [], 0, null);

    private readonly PtxModule module;
    private readonly FlatCode code;
    private readonly Dictionary<string, Storage> sharedOfModule = [];
    private readonly Dictionary<PtxFunction, CalledFunction> called = [];
    private readonly Queue<CalledFunction> toAdd = [];

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
        while (toAdd.TryDequeue(out var function)) AddCalled(function);
        for (var i = 0; i < code.Instructions.Count; i++)
            if (code.Instructions[i] is { Flow: Flow.Return } one) code.Instructions[i] = one with { Targets = [.. one.Frame.In!.Returns] };
        code.StackStart = Align(code.LocalBytes, 16);
        if (called.Count > 0) code.LocalBytes = code.StackStart + FlatCode.StackBytes;
        PlaceDynamicShared();
    }

    // The end is the label behind the call; -1 for the kernel itself.
    private void AddBody(InlineFrame frame, int end)
    {
        var function = frame.Function;
        foreach (var register in function.Registers) code.Registers.Add(register.Type);
        foreach (var (name, variable) in function.Variables) frame.Variables[name] = Place(variable, frame.In);
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

    private void Leave(PtxInstruction instruction, InlineFrame frame, int end) => code.Instructions.Add(end >= 0
        ? new(instruction, frame, Flow.Jump, [end])
        : new(instruction, frame, frame.In is null ? Flow.Exit : Flow.Return));

    private void AddCalled(CalledFunction function)
    {
        code.Labels[function.Entry] = code.Instructions.Count;
        function.FirstRegister = code.Registers.Count;
        function.Frame = new(function.Function, null, code.Registers.Count) { In = function };
        foreach (var variable in function.Function.Parameters.Concat(function.Function.Results))
        {
            if (variable.Space != PtxSpace.Param) throw new PtxException(
                PtxException.Unsupported, $"the function '{function.Function.Name}' has parameters in registers and is recursive or called through a pointer.");
            function.Frame.Variables[variable.Name] = Place(variable, function);
        }

        AddBody(function.Frame, end: -1);
        function.EndRegister = code.Registers.Count;
    }

    private void Call(PtxInstruction instruction, InlineFrame frame)
    {
        var (target, results, arguments) = CallGraph.Parse(instruction);
        if (target is null) throw CannotRun(instruction, "it does not say what is called");
        if (target.Kind == OperandKind.Register)
        {
            AddCall(instruction, frame, target, results, arguments);
            return;
        }

        if (!module.Functions.TryGetValue(target.Name, out var callee)) throw CannotRun(instruction, $"the function '{target.Name}' is not in the module");
        if (!callee.HasBody)
        {
            code.Instructions.Add(new(instruction, frame));
            return;
        }

        if (module.Calls.IsRecursive(callee))
        {
            AddCall(instruction, frame, null, results, arguments);
            return;
        }

        var inner = new InlineFrame(callee, frame, code.Registers.Count);
        Bind(instruction, inner, callee.Parameters, arguments);
        Bind(instruction, inner, callee.Results, results);

        var end = JumpAround(instruction, frame);
        AddBody(inner, end);
        code.Labels[end] = code.Instructions.Count;
    }

    // Lanes that the guard of a call excludes go on behind it.
    private int JumpAround(PtxInstruction instruction, InlineFrame frame)
    {
        var end = NewLabel();
        if (instruction.Guard < 0) return end;
        var around = Goto with { Guard = instruction.Guard, GuardIsNegated = !instruction.GuardIsNegated, Line = instruction.Line };
        code.Instructions.Add(new(around, frame, Flow.Jump, [end]));
        return end;
    }

    private void AddCall(PtxInstruction instruction, InlineFrame frame, PtxOperand? pointer, PtxOperand[] results, PtxOperand[] arguments)
    {
        var callees = module.Calls.CalleesOf(instruction).Select(GetCalled).ToArray();
        if (callees.Length == 0) throw CannotRun(instruction, "the module has no function with these parameters whose address is taken");
        var end = JumpAround(instruction, frame);
        foreach (var callee in callees) callee.Returns.Add(end);
        var site = new CallSite(callees, pointer, [.. arguments.Select(StorageOf)], [.. results.Select(StorageOf)]);
        code.Instructions.Add(new(instruction with { Guard = -1 }, frame, Flow.Call, [.. callees.Select(callee => callee.Entry), end], site));
        code.Labels[end] = code.Instructions.Count;

        Storage StorageOf(PtxOperand operand) => operand.Kind == OperandKind.Symbol && frame.Variables.TryGetValue(operand.Name, out var storage)
            ? storage : throw CannotRun(instruction, "only variables of the space '.param' can be arguments");
    }

    private CalledFunction GetCalled(PtxFunction function)
    {
        if (called.TryGetValue(function, out var found)) return found;
        var made = called[function] = new(function, NewLabel());
        toAdd.Enqueue(made);
        return made;
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

    private Storage Place(PtxVariable variable, CalledFunction? into)
    {
        if (variable.Space == PtxSpace.Shared)
        {
            code.SharedBytes = Align(code.SharedBytes, variable.Alignment) + variable.Bytes;
            return new(PtxSpace.Shared, code.SharedBytes - variable.Bytes);
        }

        var space = variable.Space == PtxSpace.Param ? PtxSpace.Local : variable.Space;
        if (into is not null)
        {
            into.FrameBytes = Align(into.FrameBytes, Math.Max(variable.Alignment, 8)) + variable.Bytes;
            return new(space, into.FrameBytes - variable.Bytes, In: into);
        }

        code.LocalBytes = Align(code.LocalBytes, Math.Max(variable.Alignment, 8)) + variable.Bytes;
        return new(space, code.LocalBytes - variable.Bytes);
    }

    // Shared variables of the module that the kernel uses; those without a size all start behind the others.
    private void PlaceDynamicShared()
    {
        var used = code.Instructions.SelectMany(one => Names(one.Ptx.Operands)).ToHashSet();
        var shared = module.Variables.Values.Where(one => one.Space == PtxSpace.Shared && used.Contains(one.Name)).ToList();
        foreach (var variable in shared.Where(one => one.Bytes > 0))
        {
            sharedOfModule[variable.Name] = Place(variable, into: null);
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
