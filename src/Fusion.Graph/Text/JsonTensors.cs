using System.Globalization;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Graph;

/// <summary>The tensors of a graph's JSON by name, as they are defined.</summary>
/// <param name="source">Where the JSON is from, for errors.</param>
internal sealed class JsonTensors(string source)
{
    private readonly Dictionary<string, GraphTensor> tensors = new(StringComparer.Ordinal);

    /// <summary>Makes a tensor of its entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="rows">Its rows, where the entry does not say.</param>
    public GraphTensor Declare(TensorEntry entry, RowCount rows)
    {
        var where = $"tensor '{entry.Name}'";
        var type = new TensorType(
            entry.Rows is { } text ? Rows(text, where) : rows, entry.Columns,
                Named(Words.Types, entry.Type ?? "bf16", where, "type"),
            entry.Layout is { } layout ? Named(Words.Layouts, layout, where, "layout") : ScaleLayout.Linear);
        if (type.Columns < 1 || type.Rows.Count < 1)
            throw new GraphFileException(source, where, $"it is {type}: expected 1 row and column or more");
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
            : throw new GraphFileException(source, where, $"rows are '{text}': expected \"tokens\", \"2*tokens\" or \"128\"");
    }

    /// <summary>Notes a tensor. A second one of the same name is refused when the graph is checked.</summary>
    /// <param name="tensor">The tensor.</param>
    public GraphTensor Remember(GraphTensor tensor)
    {
        tensors.TryAdd(tensor.Name, tensor);
        return tensor;
    }

    /// <summary>Looks for a tensor that is defined.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="reader">Who reads it, for errors.</param>
    public GraphTensor Find(string name, string reader)
    {
        if (tensors.TryGetValue(name, out var tensor)) return tensor;
        var nearest = NearestNames.Of(name, [.. tensors.Keys]) is [var near, ..] ? $"; did you mean '{near}'?" : "";
        throw new GraphFileException(source, reader, $"it reads '{name}', which is not defined before it{nearest}");
    }

    /// <summary>What a word means.</summary>
    /// <param name="names">The words.</param>
    /// <param name="name">The word.</param>
    /// <param name="where">Where it stands, for errors.</param>
    /// <param name="field">The field that has it, for errors.</param>
    public T Named<T>(IReadOnlyDictionary<string, T> names, string name, string where, string field) =>
        names.TryGetValue(name, out var value)
        ? value : throw new GraphFileException(source, where, $"{field} is '{name}': expected {string.Join(", ", names.Keys)}");
}
