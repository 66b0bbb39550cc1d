using Llama.Model;

namespace Llama.Tests.Support;

/// <summary>A checkpoint of random weights in a folder that is gone after the test.</summary>
internal sealed class TestCheckpoint : IDisposable
{
    private readonly TestFolder folder = new();

    public TestCheckpoint(ModelConfig config)
    {
        RandomCheckpoint.Write(folder.Path, config);
        Checkpoint = Checkpoint.Open(folder.Path);
    }

    public Checkpoint Checkpoint { get; }

    public void Dispose()
    {
        Checkpoint.Dispose();
        folder.Dispose();
    }
}
