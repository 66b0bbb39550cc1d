using System.Text.Encodings.Web;
using System.Text.Json;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Reads and writes graphs as JSON; docs/graph.md lists the fields.</summary>
public static class GraphJsonText
{
    // Keeps the + between steps unescaped.
    private static readonly GraphJson Readable = new(new JsonSerializerOptions(GraphJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    });

    /// <summary>Writes a graph as JSON. Of custom ops it contains only the names and the types of their results.</summary>
    /// <param name="graph">The graph.</param>
    public static string ToJson(this TensorGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return JsonSerializer.Serialize(new GraphFile
        {
            Schema = GraphFile.CurrentSchema,
            Name = graph.Name,
            Inputs = [.. graph.Inputs.Select(Entry)],
            Weights = [.. graph.Weights.Select(Entry)],
            Ops = [.. graph.Ops.Select(Entry)],
            Outputs = graph.Outputs.ToDictionary(output => output.Role, output => output.Tensor.Name),
        }, Readable.GraphFile);
    }

    /// <summary>Reads a graph from JSON.</summary>
    /// <param name="json">JSON text.</param>
    /// <param name="source">Name of the text's source, for errors.</param>
    /// <exception cref="FusionDataException">The text is not the JSON of a graph.</exception>
    /// <exception cref="GraphException">The graph is not valid.</exception>
    public static TensorGraph Parse(string json, string source = "JSON")
    {
        ArgumentNullException.ThrowIfNull(json);
        return GraphJsonReader.Read(json, source);
    }

    /// <summary>Reads a graph from a JSON file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="FusionDataException">The file cannot be read, or is not the JSON of a graph.</exception>
    /// <exception cref="GraphException">The graph is not valid.</exception>
    public static TensorGraph Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string json;
        try
        {
            json = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw GraphErrors.File(path, 0, "", $"it cannot be read: {e.Message.TrimEnd('.')}", e);
        }

        return Parse(json, path);
    }

    private static TensorEntry Entry(GraphTensor tensor) => new()
    {
        Name = tensor.Name,
        Rows = tensor.Type.Rows.ToString(),
        Columns = tensor.Type.Columns,
        Type = CallWords.WordOf(tensor.Type.Elements),
        Layout = tensor.Type.Layout == ScaleLayout.Linear ? null : CallWords.WordOf(tensor.Type.Layout),
    };

    private static OpEntry Entry(GraphOp op)
    {
        var row = op as RowOp;
        var quant = row?.Quant;
        var word = quant is null ? null : CallWords.Of(quant.Value.Kind);
        return new()
        {
            Op = op is CustomCall ? "custom" : op.Mnemonic,
            Name = op.Name,
            Custom = (op as CustomCall)?.Op.Name,
            Inputs = op.Inputs.ToDictionary(input => input.Role, input => input.Tensor.Name),
            Outputs = row?.Outputs.ToDictionary(output => output.Role, output => output.Tensor.Name),
            Results = row is null ? [.. op.Outputs.Select(output => Entry(output.Tensor))] : null,
            Group = row?.Group ?? (op as CollectiveOp)?.Group,
            Epsilon = row?.Norm?.Epsilon,
            WeightBias = row?.Norm is { WeightBias: not 0 and var bias } ? bias : null,
            GroupSize = word is { TakesGroup: true } ? quant!.Value.GroupSize : null,
            GroupScaleType = word is { TakesGroup: true } ? CallWords.WordOf(quant!.Value.GroupScaleType) : null,
            Layout = word is { TakesLayout: true } ? CallWords.WordOf(quant!.Value.Layout) : null,
            FirstRow = op is SliceOp { FirstRow: not 0 and var firstRow } ? firstRow : null,
            FirstColumn = op is SliceOp { FirstColumn: not 0 and var firstColumn } ? firstColumn : null,
        };
    }
}
