using System.Text.Json;
using Llama.Cli.Bench;
using Llama.Model;
using Llama.Model.Running;
using Llama.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Llama.Tests.Cli;

/// <summary>What <c>llama bench</c> measures.</summary>
public sealed class Benches
{
    [TestCase(false)]
    [TestCase(true)]
    public void AreTheMedianOfStepsThatDecodeBehindTheContext(bool runsAside)
    {
        var time = new FakeTimeProvider();
        using var runner = new PageRunner(DecodeBench.LimitsFor([3, 2], context: 37, chunk: 16)) { RunsAside = runsAside };
        var steps = new List<string>();
        // A step of a prompt takes a second, the others 9, 8, 7 … milliseconds. Where the next one is begun early, there are two more of them before.
        var decodes = 10;
        runner.OnStep = parts =>
        {
            time.Advance(parts[0].Choice is null ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(--decodes));
            steps.Add(string.Join(' ', parts.Select(part => $"{part.First}+{part.Tokens.Count}@{part.Pages[0]}{(part.Choice is null ? "" : "!")}")));
        };
        var times = new DecodeBench(runner, time).Measure(batch: 2, context: 37, warmUps: 2, repeats: 4);
        Assert.That(times.Select(one => one.TotalMilliseconds), Is.EqualTo(Enumerable.Range(runsAside ? 2 : 4, 4)));
        string[] prompts = ["0+16@0", "16+16@0", "32+5@0", "0+16@3", "16+16@3", "32+5@3"];
        Assert.That(steps, Is.EqualTo(prompts.Concat(Enumerable.Repeat("37+1@0! 37+1@3!", runsAside ? 8 : 6))));
        Assert.That(runner.Limits, Is.EqualTo(new RunnerLimits(16, 3, 16, 9, 38)));
    }

    [Test]
    public void PrintRowsForPeopleAndPrograms()
    {
        using var folder = new TestFolder();
        var time = new FakeTimeProvider();
        var runners = new TestRunners(settings => new PageRunner(settings.Limits) { OnStep = parts => time.Advance(TimeSpan.FromMilliseconds(parts.Count)) });
        string[] line = ["bench", "--shape", "tiny", "--random", "--batch", "1,8", "--context", "20", "--ranks", "2", "--repeats", "4", "--bandwidth", "100"];
        var table = Tool.RunAsync(runners, time, CancellationToken.None, [.. line, "--csv", folder["rows.csv"]]).Result;
        var floor = WeightBytes.OfStep(KnownShapes.Get("tiny"), 2) / 100e6;
        Assert.That(table.Out.ReplaceLineEndings("\n"), Is.EqualTo($"""
            tiny on 2 ranks (cpu), all-reduce fused: a decode step at context 20
            | batch | median ms | min ms | max ms | tokens/s | floor ms | of floor |
            | ----: | --------: | -----: | -----: | -------: | -------: | -------: |
            |     1 |     1.000 |  1.000 |  1.000 |   1000.0 |    {floor:F3} |    {1 / floor,5:F2} |
            |     8 |     8.000 |  8.000 |  8.000 |   1000.0 |    {floor:F3} |   {8 / floor,5:F2} |

            """.ReplaceLineEndings("\n")));
        Assert.That(File.ReadAllLines(folder["rows.csv"]), Is.EqualTo([
            "model,device,ranks,all_reduce,batch,context,median_ms,min_ms,max_ms,tokens_per_s,floor_ms",
            $"tiny,cpu,2,fused,1,20,1.0000,1.0000,1.0000,1000.00,{floor:F4}",
            $"tiny,cpu,2,fused,8,20,8.0000,8.0000,8.0000,1000.00,{floor:F4}"]));

        var json = Tool.RunAsync(runners, time, CancellationToken.None, [.. line, "--json"]).Result;
        var rows = JsonSerializer.Deserialize<List<BenchRow>>(json.Out, JsonSerializerOptions.Web)!;
        Assert.That(rows[1] with { FloorMs = null }, Is.EqualTo(new BenchRow("tiny", "cpu", 2, "fused", 8, 20, 8, 8, 8, 1000, null)));
        Assert.That(rows[1].FloorMs, Is.EqualTo(floor).Within(1e-9));
    }

    [Test]
    public void HaveTheFloorOfTheBandwidthThatTheRunnerMeasuredUnlessOneIsGiven()
    {
        var runners = new TestRunners(settings => new PageRunner(settings.Limits), bandwidth: 50);
        double? Floor(params string[] more) => JsonSerializer.Deserialize<List<BenchRow>>(
            Tool.RunAsync(runners, TimeProvider.System, CancellationToken.None, ["bench", "--shape", "tiny", "--random", "--batch", "1", "--context", "4", "--json", .. more]).Result.Out,
            JsonSerializerOptions.Web)![0].FloorMs;
        var bytes = WeightBytes.OfStep(KnownShapes.Get("tiny"), 1);
        Assert.That((Floor(), Floor("--bandwidth", "200")), Is.EqualTo(((double?)(bytes / 50e6), (double?)(bytes / 200e6))).Within(1e-9));
    }

    [Test]
    public void CountTheBytesThatAStepMustRead()
    {
        var shape = KnownShapes.Get("llama-3-8b", isFp8: true);
        // FP8 of Llama-3-8B: 6.98 billion weights of a byte in the layers, and the last projection in bf16.
        Assert.That(WeightBytes.OfStep(shape, 1) / 1e9, Is.EqualTo(6.98 + (128256 * 4096 * 2 / 1e9)).Within(0.01));
        Assert.That(WeightBytes.OfStep(shape, 2) * 2.0 / WeightBytes.OfStep(shape, 1), Is.EqualTo(1).Within(0.001));
        Assert.That(WeightBytes.OfRank(shape, 1) - WeightBytes.OfStep(shape, 1), Is.EqualTo(128256L * 4096 * 2), "the embedding");
        foreach (var config in Tiny.All)
        {
            using var test = new TestCheckpoint(config);
            Assert.That(WeightBytes.OfRank(config, 2), Is.EqualTo(new ModelWeights(test.Checkpoint, 1, 2).Bytes));
        }

        Assert.That(WeightBytes.OfStep(Tiny.Qwen3, 1), Is.EqualTo(WeightBytes.OfRank(Tiny.Qwen3, 1)), "the embedding is the last projection");
    }

    [Test]
    public void RunOnTheCpu()
    {
        var result = Tool.Run("bench", "--shape", "tiny", "--random", "--batch", "2", "--context", "5", "--repeats", "3", "--warm-ups", "0", "--ranks", "2", "--json");
        var row = JsonSerializer.Deserialize<List<BenchRow>>(result.Out, JsonSerializerOptions.Web)!.Single();
        Assert.That((row.Batch, row.Context, row.FloorMs), Is.EqualTo((2, 5, (double?)null)));
        Assert.That(row.MedianMs, Is.GreaterThan(0).And.InRange(row.LeastMs, row.MostMs));
    }
}
