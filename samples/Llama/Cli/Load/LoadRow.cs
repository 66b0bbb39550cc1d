using System.Globalization;
using Llama.Cli.Output;
using Llama.Cli.Runners;

namespace Llama.Cli.Load;

/// <summary>Figures of a run, as <c>vllm bench serve</c> names them. Times are in milliseconds.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Device">Word of the device.</param>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="AllReduce">How ranks sum.</param>
/// <param name="Qps">Mean number of requests that come in a second.</param>
/// <param name="Input">Number of tokens of a prompt.</param>
/// <param name="Output">Number of tokens that are made for each.</param>
/// <param name="Requests">Number of requests.</param>
/// <param name="Seconds">Time from the first request to the last token, in seconds.</param>
/// <param name="MeanTtftMs">Mean time to first token.</param>
/// <param name="MedianTtftMs">Median time to first token.</param>
/// <param name="P99TtftMs">Time to first token that 99% do not exceed.</param>
/// <param name="MeanTpotMs">Mean time per output token behind the first; null if each request has one token.</param>
/// <param name="MedianTpotMs">Median of them.</param>
/// <param name="P99TpotMs">Time per output token that 99% do not exceed.</param>
/// <param name="RequestsPerSecond">Requests that were done in a second.</param>
/// <param name="TokensPerSecond">Tokens that were made in a second.</param>
/// <param name="Preemptions">Number of times that a request gave its pages to others.</param>
internal sealed record LoadRow(
    string Model, string Device, int Ranks, string AllReduce, double Qps, int Input, int Output, int Requests, double Seconds,
    double MeanTtftMs, double MedianTtftMs, double P99TtftMs, double? MeanTpotMs, double? MedianTpotMs, double? P99TpotMs,
    double RequestsPerSecond, double TokensPerSecond, long Preemptions)
{
    /// <summary>Whether each rank is in a process of its own; the times are then those of rank 0. Files of rows do not contain this.</summary>
    public bool IsInProcesses { get; init; }

    /// <summary>Names of the columns in CSV.</summary>
    public const string CsvHeader =
        "model,device,ranks,all_reduce,qps,input,output,requests,seconds,mean_ttft_ms,median_ttft_ms,p99_ttft_ms," +
        "mean_tpot_ms,median_tpot_ms,p99_tpot_ms,requests_per_s,tokens_per_s,preemptions";

    /// <summary>Titles of the columns for people.</summary>
    public static IReadOnlyList<string> Titles { get; } =
    [
        "QPS", "requests", "TTFT mean ms", "median", "p99", "TPOT mean ms", "median", "p99", "requests/s", "tokens/s",
    ];

    /// <summary>Computes the figures of a run.</summary>
    /// <param name="settings">What ran.</param>
    /// <param name="qps">Mean number of requests in a second.</param>
    /// <param name="sizes">Tokens of a prompt, and those that are made for each.</param>
    /// <param name="times">What became of the requests, 1 or more.</param>
    /// <param name="preemptions">Number of preemptions in the run.</param>
    public static LoadRow Of(RunnerSettings settings, double qps, (int Input, int Output) sizes, IReadOnlyList<RequestTimes> times, long preemptions)
    {
        var ttft = times.Select(one => one.Ttft.TotalMilliseconds).Order().ToArray();
        var tpot = times.Select(one => one.Tpot?.TotalMilliseconds).OfType<double>().Order().ToArray();
        var seconds = (times.Max(one => one.Last) - times.Min(one => one.Sent)).TotalSeconds;
        return new(
            settings.Model.Name, settings.Device, settings.Ranks, settings.AllReduce.ToString().ToLowerInvariant(), qps, sizes.Input, sizes.Output,
            times.Count, seconds, ttft.Average(), Percentile(ttft, 50), Percentile(ttft, 99),
            tpot.Length > 0 ? tpot.Average() : null, tpot.Length > 0 ? Percentile(tpot, 50) : null, tpot.Length > 0 ? Percentile(tpot, 99) : null,
            times.Count / seconds, times.Sum(one => one.Tokens) / seconds, preemptions)
        { IsInProcesses = settings.Rendezvous is not null };
    }

    /// <summary>Computes a percentile; between two values it lies on the line.</summary>
    /// <param name="sorted">Values, least first.</param>
    /// <param name="percent">Percentile, 0 to 100.</param>
    public static double Percentile(IReadOnlyList<double> sorted, double percent)
    {
        var at = percent / 100 * (sorted.Count - 1);
        var below = (int)at;
        return below + 1 < sorted.Count ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }

    /// <summary>Cells of the row for people.</summary>
    public IReadOnlyList<string> Cells() =>
    [
        Qps.ToString(CultureInfo.InvariantCulture), Rows.Cell(Requests, 0), Rows.Cell(MeanTtftMs, 1), Rows.Cell(MedianTtftMs, 1), Rows.Cell(P99TtftMs, 1),
        Rows.Cell(MeanTpotMs, 2), Rows.Cell(MedianTpotMs, 2), Rows.Cell(P99TpotMs, 2), Rows.Cell(RequestsPerSecond, 2), Rows.Cell(TokensPerSecond, 1),
    ];

    /// <summary>Cells of the row in CSV.</summary>
    public IReadOnlyList<object?> CsvCells() =>
    [
        Model, Device, Ranks, AllReduce, Qps, Input, Output, Requests, Rows.Cell(Seconds, 3), Rows.Cell(MeanTtftMs, 3), Rows.Cell(MedianTtftMs, 3),
        Rows.Cell(P99TtftMs, 3), Csv(MeanTpotMs), Csv(MedianTpotMs), Csv(P99TpotMs), Rows.Cell(RequestsPerSecond, 3), Rows.Cell(TokensPerSecond, 2), Preemptions,
    ];

    private static string? Csv(double? value) => value is null ? null : Rows.Cell(value, 4);
}
