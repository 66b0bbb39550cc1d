using Fusion.Cli.Benchmarks;
using Fusion.Cli.CommandLine;

namespace Fusion.Cli.Plots;

/// <summary>Measurement of another project's all-reduce, bf16.</summary>
/// <param name="Project">Name of the project.</param>
/// <param name="Ranks">World size.</param>
/// <param name="Hidden">Number of elements of a token.</param>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Epilogue">Epilogue of the call, in the words of <c>fusion plan</c>.</param>
/// <param name="Microseconds">Median time of a call.</param>
internal sealed record PeerRow(string Project, int Ranks, int Hidden, int Tokens, string Epilogue, double Microseconds)
{
    private const string Header = "impl,strategy,ranks,hidden,tokens,epilogue,median_us,min_us";

    // Ways of one project that differ behind these are one line, of the fastest.
    private static readonly string[] Ways = ["_copy", "_oneshot", "_twoshot"];

    private static readonly Dictionary<string, string> Names = new()
    {
        ["flashinfer"] = "FlashInfer",
        ["nccl"] = "NCCL",
        ["torch_symm"] = "torch symmetric memory",
        ["vllm"] = "vLLM",
    };

    // What peers' scripts write for what follows the sum; anything else is in our words.
    private static readonly Dictionary<string, string> Epilogues = new()
    {
        ["allreduce"] = "none",
        ["rmsnorm"] = "residual+rmsnorm",
        ["fp8"] = "residual+rmsnorm+fp8",
        ["fp8-token"] = "residual+rmsnorm+fp8-token",
    };

    /// <summary>Bytes of the input tensor.</summary>
    public double Bytes => 2.0 * Hidden * Tokens;

    /// <summary>Reads rows from a file.</summary>
    /// <param name="file">Path of a file such as bench/results/peers-4xh100.csv; lines that begin with # are comments.</param>
    /// <exception cref="UsageException">The file cannot be read, or a line is no row.</exception>
    public static IReadOnlyList<PeerRow> Read(string file) => CsvLines.Read(file, Header, Row);

    private static PeerRow? Row(string[] cells) =>
        BenchCsv.TryInt(cells[2], out var ranks) & BenchCsv.TryInt(cells[3], out var hidden) & BenchCsv.TryInt(cells[4], out var tokens) &
        BenchCsv.TryDouble(cells[6], out var median)
            ? new(ProjectOf(cells[0]), ranks, hidden, tokens, Epilogues.GetValueOrDefault(cells[5], cells[5]), median) : null;

    private static string ProjectOf(string way)
    {
        // "nccl+sep" is NCCL with a kernel of its own behind it.
        var name = way.Split('+')[0];
        while (Array.Find(Ways, suffix => name.EndsWith(suffix, StringComparison.Ordinal)) is { } suffix) name = name[..^suffix.Length];
        return Names.GetValueOrDefault(name, name);
    }
}
