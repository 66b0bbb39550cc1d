using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>Tensors that a graph's JSON has defined so far, by name.</summary>
/// <param name="source">Name of the JSON's source, for errors.</param>
internal sealed class JsonTensors(string source)
{
    private readonly Dictionary<string, GraphTensor> tensors = new(StringComparer.Ordinal);

    /// <summary>Makes a tensor from its JSON, and defines it.</summary>
    /// <param name="entry">JSON of the tensor.</param>
    /// <param name="rows">Number of rows if the JSON does not say.</param>
    public GraphTensor Declare(TensorEntry entry, RowCount rows)
    {
        var where = $"tensor '{entry.Name}'";
        var type = new TensorType(
            entry.Rows is { } text ? Rows(text, where) : rows, entry.Columns,
                Named(Words.Types, entry.Type ?? "bf16", where, "type"),
            entry.Layout is { } layout ? Named(Words.Layouts, layout, where, "layout") : ScaleLayout.Linear);
        if (type.Columns < 1 || type.Rows.Count < 1)
            throw GraphErrors.File(source, 0, where, $"it is {type}: expected 1 row and column or more");
        return Remember(new(entry.Name, type));
    }

    private RowCount Rows(string text, string where)
    {
        var parts = text.Split('*', StringSplitOptions.TrimEntries);
        var isPerToken = parts[^1] == "tokens";
        var number = parts.Length == 2 ? parts[0] : isPerToken ? "1" : parts[0];
        var isRight = (parts.Length == 1 || (parts.Length == 2 && isPerToken)) &&
            int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return isRight ? new(int.Parse(number, CultureInfo.InvariantCulture), isPerToken)
            : throw GraphErrors.File(source, 0, where, $"rows are '{text}': expected \"tokens\", \"2*tokens\" or \"128\"");
    }

    /// <summary>Defines a tensor. A second one of the same name is refused when the graph is checked.</summary>
    /// <param name="tensor">The tensor.</param>
    public GraphTensor Remember(GraphTensor tensor)
    {
        tensors.TryAdd(tensor.Name, tensor);
        return tensor;
    }

    /// <summary>Finds a tensor that is defined.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="reader">What reads the tensor, for errors.</param>
    public GraphTensor Find(string name, string reader)
    {
        if (tensors.TryGetValue(name, out var tensor)) return tensor;
        var nearest = NearestNames.Of(name, [.. tensors.Keys]) is [var near, ..] ? $"; did you mean '{near}'?" : "";
        throw GraphErrors.File(source, 0, reader, $"it reads '{name}', which is not defined before it{nearest}");
    }

    /// <summary>Gets the value of a word.</summary>
    /// <param name="names">Values by word.</param>
    /// <param name="name">Word to find.</param>
    /// <param name="where">Place of the word, for errors.</param>
    /// <param name="field">Name of the field, for errors.</param>
    public T Named<T>(IReadOnlyDictionary<string, T> names, string name, string where, string field) =>
        names.TryGetValue(name, out var value)
        ? value : throw GraphErrors.File(source, 0, where, $"{field} is '{name}': expected {string.Join(", ", names.Keys)}");
}
