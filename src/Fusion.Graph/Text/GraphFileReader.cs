using Fusion.Manifest;

namespace Fusion.Graph;

/// <summary>Reads the fields of a graph's JSON, and checks that they are present, known and of the right kind.
/// <see cref="GraphJsonReader"/> interprets their values.</summary>
internal static class GraphFileReader
{
    private const string Tensors = "a list of tensors";
    private const string Names = "an object with names of tensors";

    private static readonly string[] FileFields = ["schema", "name", "inputs", "weights", "ops", "outputs"];

    private static readonly string[] TensorFields = ["name", "rows", "columns", "type", "layout"];

    private static readonly string[] OpFields =
    [
        "op", "name", "inputs", "outputs", "results", "custom", "group", "epsilon", "weightBias", "groupSize", "groupScaleType",
        "layout", "firstRow", "firstColumn",
    ];

    /// <summary>Reads the fields of a graph.</summary>
    /// <exception cref="JsonFault">A field is missing, unknown or of another kind.</exception>
    public static GraphFile Read(JsonPart part)
    {
        var fields = new JsonFields(part, "the graph", FileFields);
        fields.Need("ops", "a list of ops");
        fields.Need("outputs", Names);
        return new()
        {
            Schema = (int?)fields.Whole("schema"),
            Name = fields.NeedName("name"),
            Inputs = [.. fields.List("inputs", Tensors).Select(Tensor)],
            Weights = [.. fields.List("weights", Tensors).Select(Tensor)],
            Ops = [.. fields.List("ops", "a list of ops").Select(Op)],
            Outputs = fields.Texts("outputs", Names)!,
        };
    }

    private static TensorEntry Tensor(JsonPart part)
    {
        var fields = new JsonFields(part, "the tensor", TensorFields);
        fields.Need("columns", "a whole number");
        return new()
        {
            Name = fields.NeedName("name"),
            Rows = fields.Text("rows"),
            Columns = (int)fields.Whole("columns")!.Value,
            Type = fields.Text("type"),
            Layout = fields.Text("layout"),
        };
    }

    private static OpEntry Op(JsonPart part)
    {
        var fields = new JsonFields(part, "the op", OpFields);
        fields.Need("inputs", Names);
        return new()
        {
            Op = fields.NeedName("op"),
            Name = fields.NeedName("name"),
            Inputs = fields.Texts("inputs", Names)!,
            Outputs = fields.Texts("outputs", Names),
            Results = fields.Find("results") is null ? null : [.. fields.List("results", Tensors).Select(Tensor)],
            Custom = fields.Text("custom"),
            Group = fields.Text("group"),
            Epsilon = fields.Number("epsilon"),
            WeightBias = fields.Number("weightBias"),
            GroupSize = (int?)fields.Whole("groupSize"),
            GroupScaleType = fields.Text("groupScaleType"),
            Layout = fields.Text("layout"),
            FirstRow = (int?)fields.Whole("firstRow"),
            FirstColumn = (int?)fields.Whole("firstColumn"),
        };
    }
}
