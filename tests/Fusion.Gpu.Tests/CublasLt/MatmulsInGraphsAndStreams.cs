using Fusion.CublasLt;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.CublasLt;

/// <summary>Matmuls that are recorded, and several at the same time.</summary>
public sealed class MatmulsInGraphsAndStreams : CublasLtTest
{
    [TestCase(ElementType.BFloat16)]
    [TestCase(ElementType.Float8E4M3)]
    public void GiveTheSameBitsRecordedAsNotAlsoWhereTheRecordingIsTheFirstUse(ElementType type)
    {
        Require(type, MatmulScaling.Tensor);
        using var reference = new MatmulReference(Context, 5, 1024, 2048, type, ElementType.BFloat16);
        // A matmul of its own, whose kernels nobody has launched for this shape.
        using var matmul = Make(Context);
        using var stream = new GpuStream(Context);
        using var graph = GpuGraph.Capture(stream, () => matmul.Launch(stream, reference.Call));
        foreach (var _ in new[] { 1, 2 })
        {
            reference.ClearOutput();
            graph.Launch(stream);
            stream.Synchronize();
            reference.Check("a recorded matmul");
        }

        var bits = reference.ReadBytes();
        reference.ClearOutput();
        matmul.Launch(stream, reference.Call);
        stream.Synchronize();
        Assert.That(reference.ReadBytes(), Is.EqualTo(bits));
    }

    [Test]
    public void OfOneRecordingFollowEachOther()
    {
        using var first = new MatmulReference(Context, 7, 512, 256, ElementType.BFloat16, ElementType.BFloat16, seed: 2);
        using var then = new MatmulReference(Context, 7, 256, 512, ElementType.BFloat16, ElementType.Float32, seed: 3);
        var chain = then.Call with { Input = first.Call.Output };
        Matmul.Launch(Stream, first.Call);
        Matmul.Launch(Stream, chain);
        Stream.Synchronize();
        var expected = then.ReadBytes();
        using var graph = GpuGraph.Capture(Stream, () =>
        {
            Matmul.Launch(Stream, first.Call);
            Matmul.Launch(Stream, chain);
        });
        then.ClearOutput();
        first.ClearOutput();
        graph.Launch(Stream);
        Stream.Synchronize();
        Assert.That(then.ReadBytes(), Is.EqualTo(expected));
    }

    [Test]
    public void InTwoStreamsDoNotDisturbEachOther()
    {
        using var other = new GpuStream(Context);
        // Few tokens and much depth: algorithms that split the sum, and so use the workspace.
        MatmulReference[] references = [.. Enumerable.Range(0, 4).Select(i => new MatmulReference(Context, 4, 512, 8192, ElementType.BFloat16, ElementType.Float32, seed: i + 1))];
        try
        {
            for (var round = 0; round < 20; round++)
            {
                foreach (var reference in references) reference.ClearOutput();
                for (var i = 0; i < references.Length; i++) Matmul.Launch(i % 2 == 0 ? Stream : other, references[i].Call);
                Stream.Synchronize();
                other.Synchronize();
                foreach (var reference in references) reference.Check($"round {round}");
            }
        }
        finally
        {
            Array.ForEach(references, reference => reference.Dispose());
        }
    }

    [Test]
    public void OfARememberedShapeAllocateNothing()
    {
        using var reference = new MatmulReference(Context, 4, 512, 256, ElementType.BFloat16, ElementType.BFloat16);
        using var prepared = Matmul.Prepare(reference.Call);
        for (var i = 0; i < 100; i++)
        {
            Matmul.Launch(Stream, reference.Call);
            prepared.Launch(Stream);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Matmul.Launch(Stream, reference.Call);
            prepared.Launch(Stream);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Stream.Synchronize();
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void WithoutAWorkspaceAreRightToo()
    {
        using var matmul = Make(Context, new() { WorkspaceBytes = 0 });
        using var reference = new MatmulReference(Context, 4, 512, 4096, ElementType.BFloat16, ElementType.Float32);
        using var prepared = matmul.Prepare(reference.Call);
        Assert.That(prepared.WorkspaceBytes, Is.Zero);
        prepared.Launch(Stream);
        Stream.Synchronize();
        reference.Check("no workspace");
    }
}
