using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fusion.Cli.Benchmarks;
using Fusion.Cli.Caching;
using Fusion.Cli.Doctor;
using Fusion.Cli.Inspection;
using Fusion.Cli.Planning;

namespace Fusion.Cli.Output;

/// <summary>Writes the tool's output for programs as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PlanReport))]
[JsonSerializable(typeof(InspectReport))]
[JsonSerializable(typeof(DiffReport))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(IReadOnlyList<BenchRow>))]
[JsonSerializable(typeof(CacheReport))]
[JsonSerializable(typeof(CacheClearReport))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    /// <summary>Prints a report as JSON.</summary>
    /// <param name="report">The report.</param>
    public static void Print<T>(T report)
    {
        // The output is never put into HTML, so quotes need no escape.
        var readable = new ToolJson(new JsonSerializerOptions(Default.Options)
        {
            WriteIndented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = null,
        });
        Console.Out.WriteLine(JsonSerializer.Serialize(report, (JsonTypeInfo<T>)readable.GetTypeInfo(typeof(T))!));
    }
}
