using Fusion.Gpu.Tests;
using Fusion.Graph;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Ranks;

/// <summary>Graphs of ops whose ranks have a GPU each.</summary>
public sealed class GraphsOfSeveralGpus
{
    [TearDown]
    public void Leave()
    {
        OpenGpus.Close();
        Emulator.Leave();
    }

    // What an op does that loads a kernel at its first use: the driver waits until the GPU is idle.
    [Test]
    public void AnOpMayWaitForItsGpuBetweenAllReduces()
    {
        Emulator.Use(new() { Gpus = 2 });
        var order = new List<string>();
        var waits = new CustomOp("waits", types => [types[0]], launch =>
        {
            launch.Stream!.Synchronize();
            order.Add($"{launch.Op} {launch.Rank.Index}");
        });
        var builder = new GraphBuilder("layer");
        foreach (var name in new[] { "first", "second" })
            builder.Output($"{name}.y", builder.Call(waits, [builder.Input($"{name}.x", 64, ElementType.Float32).AllReduce($"{name}.sum")], name)[0]);
        var options = new CompileOptions { MaxTokens = 2, Timeout = TimeSpan.FromSeconds(2), Buckets = [] };
        using var compiled = builder.Build().Compile(OpenGpus.Group(2), options);
        for (var rank = 0; rank < 2; rank++)
        {
            compiled.SetInput<float>(rank, "first.x", new float[64]);
            compiled.SetInput<float>(rank, "second.x", new float[64]);
        }

        compiled.Run(1);
        compiled.Synchronize();

        Assert.That(order, Is.EqualTo(["first 0", "first 1", "second 0", "second 1"]));
    }

    [Test]
    public void GatherAndChooseEagerlyAndFromARecordedGraph([Values] bool isRecorded)
    {
        Emulator.Use(new() { Gpus = 2 });
        var builder = new GraphBuilder("logits");
        var x = builder.Input("x", 64, ElementType.Float32);
        builder.Output("all", x.AllGatherColumns(2));
        builder.Output("best", x.AllReduce("sum").ArgMax());
        using var compiled = builder.Build().Compile(OpenGpus.Group(2), new() { MaxTokens = 2, Buckets = isRecorded ? [2] : [] });
        var random = new Random(3);
        for (var run = 0; run < 3; run++)
        {
            var numbers = Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 128).Select(_ => random.NextSingle()).ToArray()).ToArray();
            for (var rank = 0; rank < 2; rank++) compiled.SetInput<float>(rank, "x", numbers[rank]);

            var result = compiled.Run(2);
            compiled.Synchronize();

            var sums = numbers[0].Zip(numbers[1], (a, b) => a + b).ToArray();
            int[] best = [Array.IndexOf(sums[..64], sums[..64].Max()), Array.IndexOf(sums[64..], sums[64..].Max())];
            for (var rank = 0; rank < 2; rank++)
            {
                Assert.That(result.Read<float>(rank, "all"), Is.EqualTo((float[])[.. numbers[0][..64], .. numbers[1][..64], .. numbers[0][64..], .. numbers[1][64..]]));
                Assert.That(result.Read<int>(rank, "best"), Is.EqualTo(best));
            }
        }
    }
}
