using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>A run reads each header once, and NVRTC reads it for each architecture. What NVRTC saw and fusionc did not is compiled
/// again by the next build, also where all is again as it was, and whatever the files' times say.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class ChangesDuringACompilation(bool mayTrace) : NvrtcFixture("12.4")
{
    private const string Kernel = "#include <h.cuh>\n#if __has_include(<maybe.cuh>)\n#endif\nextern \"C\" __global__ void k(int* x) { *x = VALUE; }\n";
    private static readonly DateTime Old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [SetUp]
    public void AKernelWithAHeader()
    {
        Project.MayTrace = mayTrace;
        Directory.CreateDirectory(Project.PathOf("early"));
        WriteOld("inc/h.cuh", "#define VALUE 1\n");
        WriteOld("inc/maybe.cuh", "");
        Project.Add("k.cu", Kernel, "sm_80;sm_90")["IncludePaths"] = "early;inc";
    }

    [Test]
    public void NothingMeansThatAllIsUpToDate()
    {
        Project.RunAndMeanwhile(() => { }, () => { }).MustSucceed();

        Assert.That(Project.WhyStale(), Is.Null);
    }

    [Test]
    public void AHeaderHadAnotherContentForAWhile() => IsSeen(
        "inc/h.cuh", () => WriteOld("inc/h.cuh", "#define VALUE 2\n"), () => WriteOld("inc/h.cuh", "#define VALUE 1\n"));

    [Test]
    public void AHeaderWasThereForAWhileWhereItIsLookedForFirst() => IsSeen(
        "early/h.cuh", () => WriteOld("early/h.cuh", "#define VALUE 2\n"), () => File.Delete(Project.PathOf("early/h.cuh")));

    [Test]
    public void AHeaderThatIsOnlyAskedForWasGoneForAWhile() => IsSeen(
        "inc/maybe.cuh", () => File.Delete(Project.PathOf("inc/maybe.cuh")), () => WriteOld("inc/maybe.cuh", ""));

    private void IsSeen(string file, Action change, Action undo)
    {
        Project.RunAndMeanwhile(change, () => { }).MustSucceed();
        Assert.That(Project.WhyStale(), Does.Contain(Project.PathOf(file)), "it stays as it became");
        undo();
        Project.Run().MustSucceed();
        Project.Request.Kernels[0]["Defines"] = "AGAIN";

        Project.RunAndMeanwhile(change, undo).MustSucceed();

        Assert.That(Project.WhyStale(), Does.Contain(Project.PathOf(file)), "it is again as it was");
        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k.cu -> sm_90"]));
        Assert.That(Project.WhyStale(), Is.Null);
    }

    private void WriteOld(string file, string text) => File.SetLastWriteTimeUtc(Project.Write(file, text), Old);
}
