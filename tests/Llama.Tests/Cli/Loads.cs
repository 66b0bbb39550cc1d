using System.Text.Json;
using Llama.Cli.Load;
using Llama.Cli.Runners;
using Llama.Model;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Llama.Tests.Cli;

/// <summary>What <c>llama load</c> measures.</summary>
[CancelAfter(60_000)]
public sealed class Loads
{
    private static readonly RunnerLimits Limits = new(16, 8, 4, 64, 64);

    [Test]
    public void ComeAtRandomAndTheSameForASeed()
    {
        var times = PoissonArrivals.Of(10, TimeSpan.FromSeconds(1000), 1);
        Assert.That(times, Is.Ordered.And.All.InRange(TimeSpan.Zero, TimeSpan.FromSeconds(1000)));
        Assert.That(times[0], Is.EqualTo(TimeSpan.Zero));
        // The spread of a count of 10000 is 100, and of a count in a second the root of 10.
        Assert.That(times, Has.Count.InRange(9600, 10400));
        var counts = times.GroupBy(time => (int)time.TotalSeconds).Select(second => second.Count()).ToArray();
        Assert.That(counts.Select(count => Math.Pow(count - 10, 2)).Sum() / 1000, Is.InRange(8.5, 11.5), "the variance is the mean");
        Assert.That(PoissonArrivals.Of(10, TimeSpan.FromSeconds(1000), 1), Is.EqualTo(times));
        Assert.That(PoissonArrivals.Of(10, TimeSpan.FromSeconds(1000), 2), Is.Not.EqualTo(times));
    }

    [Test]
    public void AreSummedUpAsMeansMediansAndPercentiles()
    {
        var settings = new RunnerSettings
        {
            Model = new(KnownShapes.Get("tiny"), "tiny", null),
            Device = "cpu",
            Ranks = 2,
            AllReduce = AllReduceWay.Fused,
            Passes = new(),
            Limits = Limits,
        };
        // TTFT 10, 30, 20 and 60 ms; TPOT 5, 4 and 9 ms, and none.
        var row = LoadRow.Of(settings, 2, (100, 3), [Times(0, 10, 20, 3), Times(100, 130, 138, 3), Times(200, 220, 238, 3), Times(300, 360, 360, 1)], 7);
        Assert.That(row, Is.EqualTo(new LoadRow(
            "tiny", "cpu", 2, "fused", 2, 100, 3, 4, 0.36, 30, 25, row.P99TtftMs, 6, 5, row.P99TpotMs, 4 / 0.36, 10 / 0.36, 7)));
        Assert.That((row.P99TtftMs, row.P99TpotMs), Is.EqualTo((30 + (0.97 * 30), 5 + (0.98 * 4))).Within(1e-9));
        var one = LoadRow.Of(settings, 1, (1, 1), [Times(0, 10, 10, 1)], 0);
        Assert.That((one.MeanTtftMs, one.P99TtftMs, one.MeanTpotMs, one.P99TpotMs), Is.EqualTo((10.0, 10.0, (double?)null, (double?)null)));
        Assert.That(one.Cells()[5], Is.EqualTo("-"));

        static RequestTimes Times(int sent, int first, int last, int tokens) => new(
            TimeSpan.FromMilliseconds(sent), TimeSpan.FromMilliseconds(first), TimeSpan.FromMilliseconds(last), tokens);
    }

    [Test]
    public async Task SendEachRequestAtItsTimeWhetherOthersAreDoneOrNot(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider();
        using var runner = new PageRunner(Limits) { OnStep = _ => time.Advance(TimeSpan.FromMilliseconds(3)) };
        await using var server = new Server(runner);
        TimeSpan[] arrivals = [.. new[] { 0, 1, 500, 501, 502, 900 }.Select(at => TimeSpan.FromMilliseconds(at))];
        var run = new LoadRun(server, 50, time).RunAsync(arrivals, input: 6, output: 4, seed: 1, cancellationToken);
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(5));
            await Task.Delay(1, cancellationToken);
        }

        var times = await run;
        Assert.That(times.Select(one => one.Tokens), Is.EqualTo(Enumerable.Repeat(4, 6)));
        for (var i = 0; i < times.Count; i++)
        {
            Assert.That(times[i].Sent, Is.GreaterThanOrEqualTo(arrivals[i]), $"request {i}");
            Assert.That(times[i].Ttft, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(3)), $"request {i}");
            Assert.That(times[i].Last, Is.GreaterThanOrEqualTo(times[i].First), $"request {i}");
        }

        Assert.That(times[2].Sent - times[1].Sent, Is.GreaterThan(TimeSpan.FromMilliseconds(300)), "by the clock, not when the first was done");
        Assert.That(server.Status.FreePages, Is.EqualTo(64));
    }

    [Test]
    public async Task EndWithTheErrorOfAStepThatFailed(CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider();
        using var runner = new PageRunner(Limits) { OnStep = _ => throw new TimeoutException("Rank 0 waited for rank 1.") };
        await using var server = new Server(runner);
        var run = new LoadRun(server, 50, time).RunAsync([TimeSpan.Zero, TimeSpan.Zero], 6, 4, 1, cancellationToken);
        Assert.That(async () => await run, Throws.TypeOf<StepFailedException>());
    }

    [Test]
    public void RunOnTheCpu()
    {
        using var folder = new TestFolder();
        string[] line = ["load", "--shape", "tiny", "--random", "--qps", "4,8", "--input", "5", "--output", "3", "--seconds", "1"];
        var result = Tool.Run([.. line, "--json", "--csv", folder["rows.csv"]]);
        Assert.That((result.Code, result.Error), Is.EqualTo((0, "")));
        var rows = JsonSerializer.Deserialize<List<LoadRow>>(result.Out, JsonSerializerOptions.Web)!;
        Assert.That(rows.Select(row => (row.Qps, row.Requests)), Is.EqualTo(new[] { 4.0, 8 }.Select(qps => (qps, PoissonArrivals.Of(qps, TimeSpan.FromSeconds(1), 1).Count))));
        foreach (var row in rows)
        {
            Assert.That(row.MeanTtftMs, Is.GreaterThan(0).And.LessThanOrEqualTo(row.P99TtftMs * 1.0001));
            Assert.That(row.TokensPerSecond, Is.EqualTo(row.RequestsPerSecond * 3).Within(0.01));
        }

        var lines = File.ReadAllLines(folder["rows.csv"]);
        Assert.That(lines.Select(one => one.Split(',').Length), Is.EqualTo([18, 18, 18]));
        Assert.That(lines[1], Does.StartWith("tiny,cpu,1,fused,4,5,3,"));
    }
}
