using Fusion.CublasLt.Tests.Support;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>Workspaces of a <see cref="Matmul"/>, and what is left of it.</summary>
public sealed class LifetimesOfMatmuls : MatmulTest
{
    [Test]
    public void GiveEachStreamAWorkspaceOfItsOwn()
    {
        var matmul = Make();
        var call = Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        var other = Made(new GpuStream(Context));
        var workspaces = new List<ulong>();
        foreach (var stream in new[] { Stream, other, Stream, other })
        {
            matmul.Launch(stream, call);
            workspaces.Add(FakeCublasLt.Last.Workspace);
            Assert.That(FakeCublasLt.Last.WorkspaceBytes, Is.EqualTo((nuint)1024));
        }

        Assert.That(workspaces[0], Is.Not.Zero.And.Not.EqualTo(workspaces[1]));
        Assert.That((workspaces[2], workspaces[3]), Is.EqualTo((workspaces[0], workspaces[1])));
    }

    [Test]
    public void TakeTheCallersWorkspaceWhereThereIsOne()
    {
        var workspace = Made(new DeviceBuffer<byte>(Context, 2048));
        var matmul = Make(new() { Workspace = workspace });
        matmul.Launch(Stream, Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16));

        Assert.That(FakeCublasLt.Last.Workspace, Is.EqualTo(workspace.Pointer.Address));
        Assert.That(FakeCublasLt.Preferences[1], Is.EqualTo(2048));
    }

    [Test]
    public void AskForNoWorkspaceThatTheAlgorithmDoesNotNeed()
    {
        var matmul = Make();
        FakeCublasLt.WorkspaceBytes = 0;
        matmul.Launch(Stream, Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16));
        Assert.That(FakeCublasLt.Last.Workspace, Is.Zero);
    }

    [Test]
    public void CanBeginInARecording()
    {
        var matmul = Make();
        using var graph = GpuGraph.Capture(Stream, () => matmul.Launch(Stream, Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16)));
        var workspace = FakeCublasLt.Last.Workspace;
        Assert.That(workspace, Is.Not.Zero);

        matmul.Reserve(Stream);
        matmul.Launch(Stream, Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16));
        Assert.That(FakeCublasLt.Last.Workspace, Is.EqualTo(workspace));
    }

    [Test]
    public void LoadTheirKernelsWithoutMultiplying()
    {
        var matmul = Make();
        var call = Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        var handles = NativeHandle.Live;

        matmul.LoadKernels(Stream, call);

        Assert.That(FakeCublasLt.Last.Workspace, Is.Not.Zero, "the library was called");
        Assert.That(matmul.RememberedShapes, Is.EqualTo(1));
        Assert.That(NativeHandle.Live, Is.EqualTo(handles + 1), "the stream's workspace stays, the recording does not");
        var workspace = FakeCublasLt.Last.Workspace;
        using var prepared = matmul.Prepare(call);
        prepared.LoadKernels(Stream);
        matmul.Launch(Stream, call);
        Assert.That(FakeCublasLt.Last.Workspace, Is.EqualTo(workspace));
    }

    [Test]
    public void LeaveNothingBehind()
    {
        var before = FakeCublasLt.Live;
        var handles = NativeHandle.Live;
        var matmul = new Matmul(Context, new() { WorkspaceBytes = 4096, RememberedShapes = 4 }, FakeCublasLt.Of("12.9.1"));
        var call = Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        handles += 3; // the call's tensors
        matmul.Launch(Stream, call);
        var prepared = matmul.Prepare(call);
        prepared.Launch(Stream);
        Assert.That((FakeCublasLt.Live - before, NativeHandle.Live - handles), Is.EqualTo((11, 2)));

        matmul.Dispose();
        matmul.Dispose();
        Assert.That(() => prepared.Launch(Stream), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => matmul.Launch(Stream, call), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => matmul.Prepare(call), Throws.TypeOf<ObjectDisposedException>());
        prepared.Dispose();
        prepared.Dispose();
        Assert.That(() => prepared.Launch(Stream), Throws.TypeOf<ObjectDisposedException>());
        Assert.That((FakeCublasLt.Live, NativeHandle.Live), Is.EqualTo((before, handles)));
    }

    [Test]
    public void RefuseAStreamThatIsGone()
    {
        var matmul = Make();
        using var stream = new GpuStream(Context);
        var call = Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        stream.Dispose();
        Assert.That(() => matmul.Launch(stream, call), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => matmul.Launch(null!, call), Throws.TypeOf<ArgumentNullException>());
    }
}
