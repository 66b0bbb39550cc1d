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
}
