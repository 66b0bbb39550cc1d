using Fusion.Runtime.Distributed.Control;
using ControlMeeting = Fusion.Runtime.Distributed.Control.Meeting;
using Meeting = Fusion.Runtime.Distributed.Tests.Support.Meeting;

namespace Fusion.Runtime.Distributed.Tests.Meetings;

/// <summary>A rank leaves as soon as it hears that another is gone, maybe before the others heard of that one.</summary>
public sealed class RanksThatLeaveBecauseAnotherIsGone
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    [TestCase(0)]
    [TestCase(1)]
    public async Task AreNotNamedForIt(int leaver)
    {
        for (var time = 0; time < 40; time++)
        {
            // So many that the last one hears of it some time after the first.
            var ranks = Enumerable.Range(0, 16).ToArray();
            var address = Meeting.NewAddress();
            using var coordinator = new Coordinator(Meeting.Of(0, ranks.Length, address));
            var members = await Task.WhenAll(ranks.Select(rank =>
                ControlMeeting.JoinAsync(Meeting.Of(rank, ranks.Length, address), rank == 0 ? coordinator : null, CancellationToken.None)));
            try
            {
                var leaves = Task.Run(() =>
                {
                    SpinWait.SpinUntil(() => members[leaver].Gone is not null, Longest);
                    members[leaver].Leave("Another rank is gone.");
                    if (leaver == 0) coordinator.Leave("Another rank is gone.");
                });
                members[14].Leave("It is the first.");
                await leaves;

                SpinWait.SpinUntil(() => members[15].Gone is not null, Longest);
                Assert.That(members[15].Gone?.Message, Does.Contain("Rank 14").And.Contains("It is the first."), $"time {time}");
            }
            finally
            {
                foreach (var member in members) member.Dispose();
            }
        }
    }
}
