using System.Diagnostics;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ABuildOfManyKernels
{
    private const int Count = 20;
    private const int Images = Count * 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Test]
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
    }

    [Test]
    public void EndsAtOnceByCtrlCAndLeavesNothingHalfWritten()
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

    private static Consumer Many(string folderName = "consumer")
    {
        var consumer = new Consumer(Projects.Library(architectures: "sm_80;sm_89;sm_90"), folderName);
        Kernels.WriteMany(consumer, Count);
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    // The signal goes to the whole group, as that of a terminal does.
    private static void EndInTheMiddle(Consumer consumer, string signal)
    {
        using var build = consumer.StartBuild();
        var clock = Stopwatch.StartNew();
        while (consumer.Images.Length == 0 && !build.HasExited && clock.Elapsed < Patience) Thread.Sleep(5);
        Assert.That(build.HasExited, Is.False, "the build was over before it could be ended");
        consumer.Run("kill", $"-{signal}", "--", $"-{build.Id}").MustSucceed();
        Assert.That(build.WaitForExit(Patience), Is.True);
        Assert.That(build.ExitCode, Is.Not.Zero);
    }
}
