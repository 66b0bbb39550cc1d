using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>Ranks in processes of their own on GPUs: on emulated ones everywhere, and on those of the machine where it has some.</summary>
[NonParallelizable]
public sealed class RanksOnGpus
{
    private static int GpusOfTheMachine => GpuDriver.IsAvailable ? GpuDevice.Count : 0;

    private static IEnumerable<TestCaseData> Machines()
    {
        yield return new TestCaseData("emulator:2:None", "0,1", 2).SetArgDisplayNames("two emulated GPUs");
        if (GpusOfTheMachine >= 1) yield return new TestCaseData("", "0", 2).SetArgDisplayNames("one GPU for both");
        if (GpusOfTheMachine >= 2) yield return new TestCaseData("", "0,1", 2).SetArgDisplayNames("two GPUs");
        if (GpusOfTheMachine >= 4) yield return new TestCaseData("", "0,1,2,3", 4).SetArgDisplayNames("four GPUs");
    }

    [TestCaseSource(nameof(Machines))]
    public async Task GiveTheBitsOfTheReference(string driver, string devices, int count)
    {
        using var ranks = Start(driver, devices, count);
        var isEmulated = driver.Length > 0;
        await ranks.MustAll("join");
        await ranks.MustAll($"make 512 {(isEmulated ? 4 : 4096)} 20000");
        await ranks.MustAll("call 3");
        await ranks.MustAll("call 1 norm");
        if (!isEmulated)
        {
            foreach (var tokens in new[] { 1, 16, 128, 2048, 4096 }) await ranks.MustAll($"call {tokens}");
        }

        await ranks.MustAll("collectives 2");
        await ranks.MustAll("call 4");
        await ranks.MustAll("dispose");
    }

    [Category("Nightly")]
    [TestCaseSource(nameof(Machines))]
    public async Task HearOfAKilledProcessInTheMiddleOfACallAndMeetAgain(string driver, string devices, int count)
    {
        using var ranks = Start(driver, devices, count);
        for (var time = 0; time < (driver.Length > 0 ? 1 : 20); time++)
        {
            var victim = time % count;
            await ranks.MustAll("join");
            await ranks.MustAll("make 512 16 30000");
            await ranks.MustAll("call 2");
            var survivors = Enumerable.Range(0, count).Where(rank => rank != victim).Select(rank => ranks[rank]).ToArray();
            foreach (var one in survivors) one.Tell("call 2");
            await Task.Delay(20 * time);
            ranks[victim].Kill();
            foreach (var one in survivors)
            {
                Assert.That(await one.Answer(), Does.Contain($"FUSION4012: Rank {victim} (process {ranks[victim].Id}"), $"time {time}");
                Assert.That(await one.Do("dispose"), Is.EqualTo("ok"));
            }

            ranks.Restart(victim);
        }

        await ranks.MustAll("join");
        await ranks.MustAll("make 512 4 20000");
        await ranks.MustAll("call 4");
    }

    [TestCaseSource(nameof(Machines))]
    public async Task HearOfARankThatDidNotComeAndGoOnAfterAReset(string driver, string devices, int count)
    {
        using var ranks = Start(driver, devices, count);
        await ranks.MustAll("join");
        await ranks.MustAll("make 512 4 1000");
        await ranks.MustAll("call 2");
        for (var rank = 1; rank < count; rank++) ranks[rank].Tell("call 2");
        for (var rank = 1; rank < count; rank++) Assert.That(await ranks[rank].Answer(), Does.Contain("FUSION4005").And.Contain("waited for rank 0"));
        await ranks.MustAll("reset");
        await ranks.MustAll("call 4");
    }

    [TestCase(2, true)]
    [TestCase(2, false)]
    [TestCase(4, true)]
    [TestCase(4, false)]
    public async Task SumByNcclAlsoThroughItsNetwork(int count, bool isDirect)
    {
        using var ranks = StartWithNccl(count, isDirect, sharesMemory: true);
        await ranks.MustAll("join");
        await ranks.MustAll("nccl 50");
        await ranks.MustAll("dispose");
    }

    [TestCase(2)]
    [TestCase(4)]
    public async Task SumByNcclWhereTheyAreAsFarFromEachOtherAsOnSeveralMachines(int count)
    {
        using var ranks = StartWithNccl(count, isDirect: false, sharesMemory: false);
        await ranks.MustAll("join");
        await ranks.MustAll("nccl 50");
        await ranks.MustAll("late 50");
        await ranks.MustAll("nccl 50");
        await ranks.MustAll("dispose");
    }

    [TestCase(2, true)]
    [TestCase(2, false)]
    [TestCase(4, false)]
    public async Task HearOfAReplayOfNcclThatARankLeavesOutAndSumAgain(int count, bool sharesMemory)
    {
        using var ranks = StartWithNccl(count, isDirect: sharesMemory, sharesMemory);
        await ranks.MustAll("join");
        await ranks.MustAll("late-replay 50");
        await ranks.MustAll("nccl 50");
        await ranks.MustAll("dispose");
    }

    [TestCase(2)]
    [TestCase(4)]
    public async Task DoCollectivesWhereTheyAreAsFarFromEachOtherAsOnSeveralMachines(int count)
    {
        using var ranks = StartWithNccl(count, isDirect: false, sharesMemory: false);
        await ranks.MustAll("join");
        await ranks.MustAll("collectives-by-nccl 400");
        foreach (var kind in new[] { "gather", "scatter", "choice" }) await ranks.MustAll($"late-collective {kind}");
        await ranks.MustAll("collectives-by-nccl 3");
        await ranks.MustAll("dispose");
    }

    [TestCase(2)]
    [TestCase(4)]
    public async Task HearOfAKilledProcessInACollectiveByNcclAndMeetAgain(int count)
    {
        using var ranks = StartWithNccl(count, isDirect: false, sharesMemory: false);
        await ranks.MustAll("join");
        await ranks.MustAll("collectives-by-nccl 3");
        var survivors = Enumerable.Range(0, count - 1).Select(rank => ranks[rank]).ToArray();
        for (var rank = 0; rank < count; rank++) ranks[rank].Tell("collectives-until-it-fails 100");
        await Task.Delay(3000);
        ranks[count - 1].Kill();
        foreach (var one in survivors) Assert.That(await one.Answer(), Does.Contain($"FUSION4012: Rank {count - 1} (process {ranks[count - 1].Id}"));
        foreach (var one in survivors) Assert.That(await one.Do("dispose"), Is.EqualTo("ok"));
        ranks.Restart(count - 1);
        await ranks.MustAll("join");
        await ranks.MustAll("collectives-by-nccl 3");
        await ranks.MustAll("dispose");
    }

    [TestCase("0,0,1,1")]
    [TestCase("0,1,2,3")]
    public async Task SumInTwoLevelsWhereTheySayThatTheyAreOnTwoMachines(string devices)
    {
        using var ranks = StartOnTwoMachines(devices);
        await ranks.MustAll("join");
        // First: NCCL that has recorded sums is not connected anew.
        await ranks.MustAll("late-two-levels 5");
        await ranks.MustAll("two-levels 50");
        await ranks.MustAll("two-levels 5");
        await ranks.MustAll("dispose");
    }

    [TestCase("0,0,1,1")]
    [TestCase("0,1,2,3")]
    public async Task HearOfAKilledProcessInTwoLevelsAndMeetAgain(string devices)
    {
        using var ranks = StartOnTwoMachines(devices);
        foreach (var victim in new[] { 3, 1 })
        {
            await ranks.MustAll("join");
            await ranks.MustAll("two-levels 3");
            var survivors = Enumerable.Range(0, ranks.Count).Where(rank => rank != victim).Select(rank => ranks[rank]).ToArray();
            for (var rank = 0; rank < ranks.Count; rank++) ranks[rank].Tell("two-levels-until-it-fails 100");
            await Task.Delay(3000);
            ranks[victim].Kill();
            foreach (var one in survivors) Assert.That(await one.Answer(), Does.Contain($"FUSION4012: Rank {victim} (process {ranks[victim].Id}"));
            foreach (var one in survivors) Assert.That(await one.Do("dispose"), Is.EqualTo("ok"));
            ranks.Restart(victim);
        }

        await ranks.MustAll("join");
        await ranks.MustAll("two-levels 3");
        await ranks.MustAll("dispose");
    }

    // Each machine has two ranks, on one GPU or on two: those that NCCL connects are on different GPUs.
    private static RanksOfATest StartOnTwoMachines(string devices)
    {
        var gpus = devices.Split(',').Distinct().Count();
        return StartWithNccl(gpus, isDirect: false, sharesMemory: true, devices, ("FUSION_TEST_MACHINES", "0,0,1,1"));
    }

    private static RanksOfATest StartWithNccl(int gpus, bool isDirect, bool sharesMemory, string? devices = null, params (string Name, string Value)[] more)
    {
        if (GpusOfTheMachine < gpus) Assert.Ignore($"{GpusOfTheMachine} GPUs");
        if (Environment.GetEnvironmentVariable("FUSION_TEST_NCCL") is null) Assert.Ignore("FUSION_TEST_NCCL names no NCCL.");
        var way = isDirect ? "0" : "1";
        devices ??= string.Join(',', Enumerable.Range(0, gpus));
        return new(devices.Split(',').Length, [
            ("FUSION_DEVICE", devices), ("FUSION_DRIVER", ""), ("FUSION_SHARED_MEMORY", sharesMemory ? "1" : "0"),
            ("NCCL_P2P_DISABLE", way), ("NCCL_SHM_DISABLE", way), ("NCCL_NVLS_ENABLE", "0"), .. more]);
    }

    private static RanksOfATest Start(string driver, string devices, int count) =>
        new(count, ("FUSION_DEVICE", devices), ("FUSION_DRIVER", driver), ("FUSION_RENDEZVOUS_TIMEOUT", "60"));
}
