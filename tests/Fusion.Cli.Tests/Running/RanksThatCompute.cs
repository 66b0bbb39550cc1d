using System.Reflection;
using Fusion.Cli.Running;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Runtime.Distributed;
using Fusion.Runtime.Distributed.Launchers;

namespace Fusion.Cli.Tests.Running;

/// <summary>Programs with the library under <c>fusion run</c>.</summary>
public sealed class RanksThatCompute
{
    private static readonly string RankProcess = typeof(RanksThatCompute).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "RankProcess").Value!;

    [Test]
    public void FindInTheEnvironmentWhatTheToolSays()
    {
        var options = new RunOptions(3, ["4", "5", "cpu"], Timeout: 1.5, TimeSpan.Zero, ["program"]);
        var ranks = Enumerable.Range(0, 3).Select(rank =>
        {
            var environment = new Dictionary<string, string?> { ["FUSION_SECRET_FILE"] = "/another", ["FUSION_TLS_KEY"] = "/another", ["RANK"] = "0" };
            options.SetVariables(rank, environment);
            return LauncherEnvironment.Read(name => environment.GetValueOrDefault(name));
        }).ToArray();

        Assert.That(ranks.Select(rank => (rank.Rank, rank.LocalRank, rank.WorldSize, rank.Device, rank.Timeout.TotalSeconds)),
            Is.EqualTo(new[] { (0, 0, 3, 4, 1.5), (1, 1, 3, 5, 1.5), (2, 2, 3, Rendezvous.OnCpu, 1.5) }));
        Assert.That(ranks.Select(rank => (rank.Address, rank.Secret, rank.Tls)).Distinct().Count(), Is.EqualTo(1));
        Assert.That(ranks[0].Secret, Has.Length.EqualTo(64));
    }

    [Test]
    [Platform("Linux")]
    public void MeetAndAgree()
    {
        var run = Tool.Run("run", "--ranks", "3", "--device", "cpu", "--timeout", "30", "--", "sh", "-c",
            $"printf 'join\\nmake 256 8 20000\\ncall 4\\ncall 8\\ndispose\\n' | dotnet exec '{RankProcess}'");

        Assert.That(run.ExitCode, Is.Zero, run.Errors + run.Output);
        for (var rank = 0; rank < 3; rank++)
        {
            var own = run.Lines.Where(line => line.StartsWith($"[{rank}] ", StringComparison.Ordinal)).ToArray();
            Assert.That(own, Is.EqualTo([$"[{rank}] ok {rank} of 3", .. Enumerable.Repeat($"[{rank}] ok", 4)]), run.Output);
        }
    }
}
