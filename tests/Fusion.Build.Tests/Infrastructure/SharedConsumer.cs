namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A scenario whose tests share one consumer, because a restored project builds twice as fast as a new one.</summary>
public abstract class SharedConsumer
{
    private protected Consumer Consumer { get; private set; } = null!;

    /// <summary>Creates the consumer, and builds it where every test looks at the same build.</summary>
    [OneTimeSetUp]
    public void CreateConsumer() => Consumer = Create();

    [OneTimeTearDown]
    public void RemoveConsumer() => Consumer?.Dispose();

    private protected abstract Consumer Create();
}
