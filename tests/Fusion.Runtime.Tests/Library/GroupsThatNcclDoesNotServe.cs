namespace Fusion.Runtime.Tests.Library;

public sealed class GroupsThatNcclDoesNotServe
{
    [Test]
    public void OnTheCpuAreRefusedBeforeNcclIsLookedFor()
    {
        using var group = RankGroup.OnCpu(2);

        Assert.That(() => new NcclAllReduce(group, "/nowhere"),
            Throws.TypeOf<NcclException>().With.Message.Contain("on the CPU").And.Property("Code").EqualTo("FUSION4011"));
    }

    [TestCase("/nowhere/libnccl.so.2")]
    [TestCase("/tmp")]
    public void ALibraryThatIsNotThereIsNamed(string path)
    {
        var failure = Assert.Throws<NcclException>(() => _ = new NcclAllReduce([], path))!;

        Assert.That(failure.Code, Is.EqualTo("FUSION4010"));
        Assert.That(failure.Message, Does.Contain($"none at '{path}'").And.Contain("could not be loaded").And.Contain("libnccl2"));
    }

    [Test]
    public void ALibraryThatIsNoNcclIsSaidToBeNone()
    {
        var failure = Assert.Throws<NcclException>(() => _ = new NcclAllReduce([], "libc.so.6"))!;

        Assert.That(failure.Message, Does.Contain("it is no NCCL").And.Contain("ncclCommInitAll"));
    }
}
