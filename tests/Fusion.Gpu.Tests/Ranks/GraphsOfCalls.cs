using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Ranks;

public sealed class GraphsOfCalls : GpuGroupTest
{
    [Test]
    public void OfAllRanksReplayWithOtherInputsAndMixWithCalls()
    {
        using var op = new GpuAndCpuRanks(4, 1024, 16);
        using var graph = Capture(op, () =>
        {
            for (var rank = 0; rank < op.Ranks; rank++)
            {
                op.Launch(rank, 16, null, AllReduceStrategy.OneShot);
                op.Launch(rank, 3, null, AllReduceStrategy.TwoShot);
                op.Launch(rank, 16, null, AllReduceStrategy.Separate);
            }
        });

        for (var replay = 0; replay < 5; replay++)
        {
            op.SetInputs(replay);
            graph.Launch(op.Group.Ranks[0].Stream!);
            op.Group.Ranks[0].Context!.Synchronize();
            op.Operation.ThrowIfFailed();
            op.Compare(16, $"replay {replay}");

            op.SetInputs(100 + replay);
            op.LaunchAll(5);
            op.Compare(5, $"a call after replay {replay}");
        }
    }

    [Test]
    public void AreGivenUpWithWhatFailsWhileTheyAreRecorded()
    {
        using var op = new GpuAndCpuRanks(2, 64, 4);
        var stream = op.Group.Ranks[0].Stream!;

        Assert.That(() => GpuGraph.Capture(stream, () => throw new InvalidOperationException("stop")),
            Throws.InvalidOperationException.With.Message.EqualTo("stop"));

        op.SetInputs(1);
        op.LaunchAll(4);
        op.Compare(4, "after a recording that was given up");
    }

    // The other ranks' streams join the first one's recording and are joined again.
    private static GpuGraph Capture(GpuAndCpuRanks op, Action work)
    {
        var streams = op.Group.Ranks.Select(rank => rank.Stream!).ToArray();
        var events = streams.Select(stream => new GpuEvent(stream.Context)).ToArray();
        try
        {
            return GpuGraph.Capture(streams[0], () =>
            {
                events[0].Record(streams[0]);
                foreach (var stream in streams[1..]) stream.WaitFor(events[0]);
                work();
                for (var i = 1; i < streams.Length; i++)
                {
                    events[i].Record(streams[i]);
                    streams[0].WaitFor(events[i]);
                }
            });
        }
        finally
        {
            Array.ForEach(events, e => e.Dispose());
        }
    }
}
