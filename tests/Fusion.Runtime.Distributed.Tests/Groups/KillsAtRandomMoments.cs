using System.Diagnostics;
using Fusion.Runtime.Distributed.Tests.Support;

namespace Fusion.Runtime.Distributed.Tests.Groups;

/// <summary>A rank is killed or stopped while it meets the others, makes an operation, calls, resets or disposes. The others hear of it in
/// time, by its name, and can make a new group.</summary>
public sealed class KillsAtRandomMoments
{
    private const int Ranks = 3;

    // Silence and time-outs are a second or two; the rest is for a machine that does other things too.
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    [Test]
    public Task EndWellAFewTimes() => Kill(times: 5, seed: Environment.TickCount);

    [Category("Nightly")]
    [Test]
    public Task EndWellAHundredTimes() => Kill(times: 100, seed: Environment.TickCount);

    private static async Task Kill(int times, int seed)
    {
        var random = new Random(seed);
        var before = Directory.GetFiles("/dev/shm").ToHashSet();
        using (var ranks = new RanksOfATest(Ranks, ("FUSION_RENDEZVOUS_SILENCE", "1"), ("FUSION_RENDEZVOUS_TIMEOUT", "5")))
        {
            for (var time = 0; time < times; time++)
            {
                var (victim, moment, signal) = (random.Next(Ranks), (Moment)(time % 5), random.Next(3) == 0 ? "STOP" : "KILL");
                var what = $"seed {seed}, time {time}: {signal} of rank {victim} in {moment}";
                TestContext.Out.WriteLine(what);
                await KillOnce(ranks, victim, moment, signal, random, what);
                ranks.Restart(victim);
                foreach (var command in new[] { "join", "make 64 4 10000", "call 3", "dispose" })
                    Assert.That(await ranks.All(command), Has.All.StartsWith("ok"), $"{what}, then {command}");
            }
        }

        Assert.That(Directory.GetFiles("/dev/shm").Where(file => !before.Contains(file) && file.Contains("fusion", StringComparison.Ordinal)), Is.Empty);
    }

    private static async Task KillOnce(RanksOfATest ranks, int victim, Moment moment, string signal, Random random, string what)
    {
        var names = $"rank {victim}";
        if (moment > Moment.Meeting) await Must("join");
        if (moment > Moment.Making) await Must("make 64 4 10000");
        var command = moment switch
        {
            Moment.Meeting => "join",
            Moment.Making => "make 64 4 10000",
            Moment.Calling => "run 3",
            Moment.Resetting => "reset",
            _ => "dispose",
        };
        for (var rank = 0; rank < Ranks; rank++) ranks[rank].Tell(command);
        await Task.Delay(random.Next(moment == Moment.Meeting ? 100 : 20));
        ranks[victim].Signal(signal);
        var survivors = Enumerable.Range(0, Ranks).Where(rank => rank != victim).ToArray();
        foreach (var rank in survivors) MustName(await Answer(rank), isNeeded: moment == Moment.Calling);
        if (moment == Moment.Disposing) return;
        // What was done before the signal came is done; the next step cannot be.
        var next = moment == Moment.Meeting ? "make 64 4 10000" : "call 3";
        if (moment is Moment.Making or Moment.Resetting or Moment.Calling)
        {
            foreach (var rank in survivors) ranks[rank].Tell(next);
            foreach (var rank in survivors) MustName(await Answer(rank), isNeeded: true);
        }

        foreach (var rank in survivors) await ranks[rank].Do("dispose");

        async Task Must(string one) => Assert.That(await ranks.All(one), Has.All.StartsWith("ok"), $"{what}, before: {one}");

        async Task<string> Answer(int rank)
        {
            var clock = Stopwatch.StartNew();
            var answer = await ranks[rank].Answer();
            Assert.That(clock.Elapsed, Is.LessThan(LongestAnswer), $"{what}: rank {rank} answered {answer}");
            return answer;
        }

        void MustName(string answer, bool isNeeded)
        {
            // Without the group or the operation, for want of which the command could not begin.
            if (answer.Contains("NullReferenceException", StringComparison.Ordinal)) return;
            if (!isNeeded && answer.StartsWith("ok", StringComparison.Ordinal)) return;
            Assert.That(answer, Does.Contain("FUSION40").And.Contains(names).IgnoreCase, what);
        }
    }

    private enum Moment
    {
        Meeting,
        Making,
        Calling,
        Resetting,
        Disposing,
    }
}
