using Fusion.Build.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Build.Tests;

public sealed class ABuildOfManyKernels
{
    private const int Count = 20;
    private const int Images = Count * 3;

    [Test]
    [Category("Nightly")]
    public void IsRightWhenKilledInTheMiddleAndBuiltAgainAndTheSameInAnotherFolder()
    {
        using var interrupted = Many();
        using var undisturbed = Many(folderName: "another folder");

        EndInTheMiddle(interrupted, "KILL");
        var halfDone = interrupted.Images.Length;
        interrupted.Rebuild().MustSucceed();
        var whole = undisturbed.Rebuild().MustSucceed();

        Assert.That(halfDone, Is.InRange(1, Images - 1), "it was killed in the middle");
        Assert.That(whole.CompilerStarts, Is.EqualTo(1), "one process for all");
        Assert.That(whole.CompiledJobs, Has.Length.EqualTo(Images));
        Assert.That(undisturbed.Images, Has.Length.EqualTo(Images));
        Assert.That(interrupted.ImageContents(), Is.EqualTo(undisturbed.ImageContents()), "images and manifest, byte for byte");
        Assert.That(interrupted.ImageFiles, Has.None.EndWith(".fusion-part"));
        Assert.That(interrupted.Built.KernelResources, Has.Length.EqualTo(Images + 1));
        Assert.That(interrupted.Rebuild().MustSucceed().StartedCompiler, Is.False, "all is up to date");
    }

    [Test]
    [Category("Nightly")]
    public void EndsByCtrlCInTheMiddleOfACompilationAndLeavesNothingHalfWritten()
    {
        using var consumer = Many();

        EndInTheMiddle(consumer, "INT");

        var left = consumer.ImageContents();
        Assert.That(left, Has.Count.InRange(1, Images - 1), "it was ended in the middle");
        Assert.That(consumer.ImageFiles, Has.None.EndWith(".fusion-part"));
        consumer.Rebuild().MustSucceed();
        var right = consumer.ImageContents();
        Assert.That(left.Where(image => !image.Value.AsSpan().SequenceEqual(right[image.Key])), Is.Empty);
    }

    [Test]
    [Category("Nightly")]
    public void HasAllProcessorsAtWorkAtOnce()
    {
        using var consumer = Many(architectures: "sm_80");
        var headers = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, Count))
            .Select(kernel => new HeaderThatHoldsUp(consumer.PathOf(Kernels.HeaderOf(kernel)))).ToArray();
        using var build = consumer.StartBuild();

        Assert.That(build.Reaches(Task.WhenAll(headers.Select(header => header.Reached))), Is.True, build.Output);

        build.End("KILL");
        foreach (var header in headers) header.Dispose();
    }

    private static Consumer Many(string folderName = "consumer", string architectures = "sm_80;sm_89;sm_90")
    {
        var consumer = new Consumer(Projects.Library(architectures: architectures), folderName);
        Kernels.WriteMany(consumer, Count);
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    // However fast or slow the machine is, the compiler cannot get past the header that holds it, and half of the kernels
    // come before it. Two at a time, so that a machine of many cores does not come to it first.
    private static void EndInTheMiddle(Consumer consumer, string signal)
    {
        using var held = new HeaderThatHoldsUp(consumer.PathOf(Kernels.HeaderOf(Count / 2)));
        using var build = consumer.StartBuild("-p:FusionMaxParallelism=2");
        Assert.That(build.Reaches(held.Reached), Is.True, build.Output);
        Assert.That(build.End(signal), Is.Not.Zero, build.Output);
    }
}
