using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Model.Running;
using Llama.Serving;
using Llama.Tests.Support;

namespace Llama.Tests.Serving;

/// <summary>A model on the CPU, one of whose ranks does not come in the middle of a text.</summary>
[CancelAfter(60_000)]
public sealed class ServersWhoseRankDies
{
    [Test]
    public async Task EndEveryRequestWithWhatTheRankWaitedForAndServeTheNextAsBefore(CancellationToken cancellationToken)
    {
        using var test = new TestCheckpoint(Tiny.Llama);
        using var runner = new DyingRunner(new(test.Checkpoint, new(MaxTokens: 8, MaxSequences: 2, PageSize: 4, Pages: 8, MaxContext: 32), ranks: 2));
        await using var server = new Server(runner);
        var requests = Enumerable.Range(0, 5).Select(i => new Request { Prompt = [i, 40, 7], MaxTokens = 9, StopsAtEndTokens = false }).ToArray();
        var before = await AskAll();

        runner.DiesAt = runner.Steps + 4;
        var failed = requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))).ToArray();
        foreach (var client in failed)
        {
            Assert.That(async () => await client, Throws.TypeOf<StepFailedException>().With.InnerException.TypeOf<PeerTimeoutException>()
                .And.Message.Contain("FUSION4005").And.Message.Contain("Rank 0 waited for rank 1"));
        }

        Assert.That(await AskAll(), Is.EqualTo(before));
        Assert.That((server.Status.FailedSteps, server.Status.FreePages), Is.EqualTo((1L, 8)));

        async Task<int[][]> AskAll() => await Task.WhenAll(requests.Select(request => Tokens.Of(server.Generate(request, cancellationToken))));
    }

    // In one of its steps, an all-reduce that only rank 0 launches comes before the model.
    private sealed class DyingRunner : IModelRunner
    {
        private readonly RankGroup group = RankGroup.OnCpu(2);
        private readonly CpuModelRunner model;
        private readonly AllReduce operation;
        private readonly RankBuffer<float> input, sum;

        public DyingRunner(CpuModelRunner model)
        {
            this.model = model;
            operation = new(group, new() { HiddenSize = 8, MaxTokens = 1, DataType = ElementType.Float32, Timeout = TimeSpan.FromMilliseconds(50) });
            (input, sum) = (group.Ranks[0].Allocate<float>(8), group.Ranks[0].Allocate<float>(8));
        }

        public int DiesAt { get; set; } = -1;

        public int Steps { get; private set; }

        public ModelConfig Config => model.Config;

        public RunnerLimits Limits => model.Limits;

        public int[] Run(IReadOnlyList<StepPart> parts)
        {
            if (Steps++ == DiesAt)
            {
                operation.Launch(0, new AllReduceCall { Input = input.AsTensor(1, 8), AllReduceOut = sum.AsTensor(1, 8) });
                operation.Synchronize(0);
            }

            return model.Run(parts);
        }

        public float[][] LogitsOf(IReadOnlyList<StepPart> parts) => model.LogitsOf(parts);

        public void Recover()
        {
            operation.Reset();
            model.Recover();
        }

        public void Dispose()
        {
            input.Dispose();
            sum.Dispose();
            operation.Dispose();
            group.Dispose();
            model.Dispose();
        }
    }
}
