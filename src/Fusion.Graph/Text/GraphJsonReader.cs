using System.Globalization;
using System.Text;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Makes a graph from its JSON.</summary>
internal sealed class GraphJsonReader
{
    private readonly string source;
    private readonly JsonTensors tensors;

    private GraphJsonReader(string source) => (this.source, tensors) = (source, new(source));

    /// <exception cref="FusionDataException">The text is not the JSON of a graph.</exception>
    /// <exception cref="GraphException">The graph is not valid.</exception>
    public static TensorGraph Read(string json, string source)
    {
        GraphFile file;
        try
        {
            file = GraphFileReader.Read(JsonPart.Parse(Encoding.UTF8.GetBytes(json)));
        }
        catch (JsonFault fault)
        {
            throw GraphErrors.File(source, fault.Line, "", Problem(fault), fault);
        }

        if (file.Schema is < 1 or > GraphFile.CurrentSchema)
        {
            throw GraphErrors.File(source, 0, "field 'schema'", string.Create(CultureInfo.InvariantCulture,
                $"{file.Schema} is not known: this version of Fusion reads {GraphFile.CurrentSchema}"));
        }

        return new GraphJsonReader(source).Read(file);
    }

    private static string Problem(JsonFault fault) => fault.Kind switch
    {
        JsonFaultKind.Syntax => fault.Message,
        JsonFaultKind.Missing => $"{fault.Owner} lacks '{fault.Field}'",
        JsonFaultKind.Unknown => fault.Message.Replace("no such field", $"no field '{fault.Field}'", StringComparison.Ordinal),
        _ when fault.Field.Length == 0 => $"{fault.Owner}: {fault.Message}",
        _ => $"field '{fault.Field}' of {fault.Owner}: {fault.Message}",
    };

    private TensorGraph Read(GraphFile file)
    {
        var inputs = (file.Inputs ?? []).Select(entry => tensors.Declare(entry, RowCount.Tokens)).ToArray();
        var weights = (file.Weights ?? []).Select(entry => tensors.Declare(entry, RowCount.Of(1))).ToArray();
        var ops = file.Ops.Select(Op).ToArray();
        var outputs = file.Outputs.Select(output =>
            new GraphOperand(output.Key, tensors.Find(output.Value, $"output '{output.Key}'"))).ToArray();
        return new(file.Name, inputs, weights, ops, outputs);
    }

    private GraphOp Op(OpEntry entry)
    {
        if (entry.Op is "view" or "slice" or "cast" or "custom" or Words.Matmul or Words.AllGather or Words.TopK) return ReadOther(entry);
        var op = new RowOp(entry.Name, InputOf(entry, Roles.Input)!)
        {
            Residual = InputOf(entry, Roles.Residual),
            Gamma = InputOf(entry, Roles.Gamma),
            Beta = InputOf(entry, Roles.Beta),
            Scale = InputOf(entry, Roles.Scale),
        };
        foreach (var step in entry.Op.Split('+'))
        {
            if (step == Words.AllReduce) op = op with { Group = GroupOf(entry) };
            else if (step == Words.Residual) ThrowUnlessInput(entry, Roles.Residual);
            else if (Words.Norms.TryGetValue(step, out var norm))
            {
                var epsilon = entry.Epsilon ?? throw Wrong(entry, "'epsilon' is missing");
                op = op with { Norm = new(norm, epsilon, entry.WeightBias ?? 0) };
            }
            else if (Words.Quantizations.TryGetValue(step, out var quant)) op = op with { Quant = Quant(entry, quant) };
            else throw UnknownStep(entry, step);
        }

        if (op.Mnemonic != entry.Op)
            throw Wrong(entry, $"its steps and inputs are those of '{op.Mnemonic}'; steps are written in that order");
        return op with
        {
            AllReduceOut = Result(entry, Roles.AllReduceOut, op.Input.Type),
            ResidualOut = Result(entry, Roles.ResidualOut, op.Input.Type),
            NormOut = Result(entry, Roles.NormOut, op.Input.Type),
            QuantOut = Result(entry, Roles.QuantOut, op.Quant is { } q ? RowRules.CodesOf(op.Input.Type, q) : op.Input.Type),
            ScaleOut = Result(entry, Roles.ScaleOut, Scales(op) ?? op.Input.Type),
        };
    }

    // Rows that are not a whole number of groups are refused when the graph is checked.
    private static TensorType? Scales(RowOp op) =>
        op.Quant is { } quant && PlanRules.FaultOf(quant.Kind, quant.GroupSize, op.Input.Type.Columns) is null
            ? RowRules.ScalesOf(op.Input.Type, quant) : null;

    private GraphOp ReadOther(OpEntry entry)
    {
        var inputs = entry.Inputs.Select(input => tensors.Find(input.Value, $"op '{entry.Name}'")).ToArray();
        if (entry.Results is null) throw Wrong(entry, "'results' is missing");
        var results = entry.Results.Select(result => tensors.Declare(result, RowCount.Tokens)).ToArray();
        if (entry.Op == "custom")
        {
            var types = results.Select(result => result.Type).ToArray();
            var name = entry.Custom ?? throw Wrong(entry, "'custom', the name of the custom op, is missing");
            return new CustomCall(entry.Name, new CustomOp(name, _ => types), [.. inputs], [.. results]);
        }

        var input = InputOf(entry, Roles.Input)!;
        if (entry.Op == Words.TopK)
        {
            if (results.Length is < 1 or > 2) throw Wrong(entry, $"it has {results.Length} results; expected are 1, the indices, or 2, with the values");
            return new TopKOp(entry.Name, GroupOf(entry), input, results[0]) { Values = results.ElementAtOrDefault(1) };
        }

        if (results is not [var result]) throw Wrong(entry, $"it has {results.Length} results; expected is 1");
        return entry.Op switch
        {
            "view" => new ViewOp(entry.Name, input, result),
            "cast" => new CastOp(entry.Name, input, result),
            Words.Matmul => new MatmulOp(entry.Name, input, InputOf(entry, Roles.Weight) ?? throw Wrong(entry, "it has no input 'weight'"), result)
            {
                Bias = InputOf(entry, Roles.Bias),
                InputScale = InputOf(entry, Roles.InputScale),
                WeightScale = InputOf(entry, Roles.WeightScale),
            },
            Words.AllGather => new AllGatherOp(entry.Name, GroupOf(entry), input, result),
            "slice" => new SliceOp(entry.Name, input, result) { FirstRow = entry.FirstRow ?? 0, FirstColumn = entry.FirstColumn ?? 0 },
            _ => throw UnknownStep(entry, entry.Op),
        };
    }

    private QuantSpec Quant(OpEntry entry, QuantizationKind kind)
    {
        var word = CallWords.Of(kind)!;
        var where = $"op '{entry.Name}'";
        return new(
            kind, word.TakesGroup ? entry.GroupSize ?? 128 : 0,
            word.TakesGroup && entry.GroupScaleType is { } type ? tensors.Named(Words.Types, type, where, "groupScaleType")
                : ElementType.Float32,
            word.TakesLayout ? tensors.Named(Words.Layouts, entry.Layout ?? "128x4", where, "layout") : ScaleLayout.Linear);
    }

    private static string GroupOf(OpEntry entry) => entry.Group ?? "tp";

    private GraphTensor? Result(OpEntry entry, string role, TensorType type) =>
        entry.Outputs?.GetValueOrDefault(role) is { } name ? tensors.Remember(new(name, type)) : null;

    private GraphTensor? InputOf(OpEntry entry, string role)
    {
        if (entry.Inputs.TryGetValue(role, out var name)) return tensors.Find(name, $"op '{entry.Name}'");
        return role == Roles.Input ? throw Wrong(entry, "it has no input 'input'") : null;
    }

    private void ThrowUnlessInput(OpEntry entry, string role)
    {
        if (!entry.Inputs.ContainsKey(role)) throw Wrong(entry, $"it has no input '{role}'");
    }

    private FusionDataException UnknownStep(OpEntry entry, string step)
    {
        string[] known = [Words.AllReduce, Words.Residual, .. Words.Norms.Keys, .. Words.Quantizations.Keys, "view", "slice", "cast",
            "custom", Words.Matmul, Words.AllGather, Words.TopK];
        var nearest = NearestNames.Of(step, known) is [var name, ..] ? $"; did you mean '{name}'?" : ".";
        return Wrong(entry, $"there is no op '{step}'{nearest} There are {string.Join(", ", known)}");
    }

    private FusionDataException Wrong(OpEntry entry, string problem) => GraphErrors.File(source, 0, $"op '{entry.Name}'", problem);
}
