using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Exchange;

/// <summary>What collectives do when a rank does not come, on GPUs and on emulated ones.</summary>
internal static class CollectivesThatFail
{
    /// <summary>Calls behind one that failed have no indices.</summary>
    public static void HaveNoIndicesInWhatIsQueued()
    {
        using var compared = new ComparedCollectives(2, new() { Timeout = TimeSpan.FromMilliseconds(200) });
        var rank = compared.Group.Ranks[1];
        using var input = rank.Allocate<float>(64);
        using var output = rank.Allocate<int>(4);
        input.FillBytes(0);
        using var graph = GpuGraph.Capture(rank.Stream!, () =>
        {
            for (var call = 0; call < 2; call++)
                compared.Operation.TopK(1, input.AsTensor(1, 64), output.Slice(2 * call).AsTensor(1, 2));
        });
        output.FillBytes(0x11);

        graph.Launch(rank.Stream!);

        Assert.That(() => compared.Operation.Synchronize(1), Throws.TypeOf<PeerTimeoutException>());
        var indices = new int[4];
        output.CopyTo(indices);
        Assert.That(indices, Has.All.EqualTo(-1));
    }

    /// <summary>A call ends without the rank that does not come, and calls go on after a reset.</summary>
    public static void EndAndGoOnAfterAReset()
    {
        using var compared = new ComparedCollectives(2, new() { Timeout = TimeSpan.FromMilliseconds(200) });
        using var input = compared.Group.Ranks[1].Allocate<float>(64);
        using var output = compared.Group.Ranks[1].Allocate<int>(2);
        input.FillBytes(0);
        compared.Operation.TopK(1, input.AsTensor(ElementType.Float32, 1, 64), output.AsTensor(ElementType.Int32, 1, 2));

        var failure = Assert.Throws<PeerTimeoutException>(() => compared.Operation.Synchronize(1))!;

        Assert.That((failure.Rank, failure.Peer, failure.Token), Is.EqualTo((1, 0, 0)));
        Assert.That(failure.Message, Does.Contain("collective: the input of token 0"));
        var indices = new int[2];
        output.CopyTo(indices);
        Assert.That(indices, Has.All.EqualTo(-1));
        compared.Operation.Reset();
        Assert.That(compared.Compare(CollectiveKind.TopK, ElementType.Float32, 2, 64, 3), Is.Empty);
    }
}
