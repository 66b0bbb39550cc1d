using System.Text.RegularExpressions;
using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests.Running;

[Platform("Linux")]
public sealed class RunsOfRanks : FolderOfATest
{
    [Test]
    public void TellEachRankWhoItIsAndWhereAllMeet()
    {
        const string script = "echo $FUSION_RANK $FUSION_LOCAL_RANK $FUSION_WORLD_SIZE $FUSION_RENDEZVOUS $FUSION_SECRET \"$FUSION_DEVICE\" \"$FUSION_RENDEZVOUS_TIMEOUT\" \"$FUSION_SECRET_FILE\" .";
        var surroundings = new Dictionary<string, string?>
        {
            ["FUSION_RANK"] = "7",
            ["FUSION_SECRET_FILE"] = "/of/another/group",
            ["FUSION_DEVICE"] = null,
            ["FUSION_RENDEZVOUS_TIMEOUT"] = null,
        };
        var first = Tool.RunWith(surroundings, "run", "--ranks", "3", "--", "sh", "-c", script);
        var second = Tool.RunWith(surroundings, "run", "--ranks", "1", "--", "sh", "-c", script);

        Assert.That((first.ExitCode, first.Errors), Is.EqualTo((0, "")));
        var lines = first.Lines[..3].Order(StringComparer.Ordinal).ToArray();
        var common = Regex.Match(lines[0], @"^\[0\] 0 0 (3 unix:@fusion-run-[0-9a-f]{32} [0-9a-f]{64} {4}\.)$").Groups[1].Value;
        Assert.That(common, Is.Not.Empty, lines[0]);
        Assert.That(lines, Is.EqualTo([$"[0] 0 0 {common}", $"[1] 1 1 {common}", $"[2] 2 2 {common}"]));
        var (words, others) = (lines[0].Split(' '), second.Lines[0].Split(' '));
        Assert.That((others[4], others[5]), Is.Not.EqualTo((words[4], words[5])));
        Assert.That(others[5], Is.Not.EqualTo(words[5]));
    }

    [TestCase("cpu", "cpu cpu")]
    [TestCase("3", "3 3")]
    [TestCase("2,0", "2 0")]
    public void MayPlaceTheRanks(string device, string expected)
    {
        var run = Tool.Run("run", "--ranks", "2", "--device", device, "--timeout", "2.5", "--", "sh", "-c", "echo $FUSION_DEVICE $FUSION_RENDEZVOUS_TIMEOUT");

        var devices = expected.Split(' ');
        Assert.That(run.Lines[..2].Order(StringComparer.Ordinal), Is.EqualTo([$"[0] {devices[0]} 2.5", $"[1] {devices[1]} 2.5"]), run.Errors);
    }

    [Test]
    public void PassArgumentsAsTheyAre()
    {
        var run = Tool.Run("run", "--ranks", "1", "--", "printf", "<%s>", "--ranks", "@file", "a b", "*", "", "--", "ü");
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((0, "[0] <--ranks><@file><a b><*><><--><ü>\n")), run.Errors);
    }

    [Test]
    public void GiveWhatIsTypedToRank0()
    {
        File.WriteAllText(Path.Combine(Folder, "typed"), "typed\n");
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        var run = ShellOfATest.Run($"dotnet exec '{tool}' run --ranks 2 -- sh -c 'cat; echo end' < '{Folder}/typed'");

        Assert.That(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), Is.EqualTo(["[0] end", "[0] typed", "[1] end"]), run.Errors);
    }

    /// <summary>The program starts as from a shell: .NET ignores a signal that ends the left side of a pipe.</summary>
    [Test]
    public void LeaveNothingOfThemselvesInTheProgram()
    {
        const string script = "echo $$; grep SigIgn /proc/self/status | cut -f2; echo \"$DOTNET_EnableDiagnostics\".";
        var started = DateTime.UtcNow;
        var run = Tool.RunWith(new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = null }, "run", "--ranks", "1", "--", "sh", "-c", script);

        var lines = run.Lines.Select(line => line.Length > 0 ? line["[0] ".Length..] : "").ToArray();
        Assert.That(Convert.ToUInt64(lines[1], 16) & (1u << 12), Is.Zero, "SIGPIPE is ignored");
        Assert.That(lines[2], Is.EqualTo("."));
        // A process that had this number before, and was killed, may have left its own.
        Assert.That(Directory.GetFileSystemEntries(Path.GetTempPath(), $"*-{lines[0]}-*").Where(path => File.GetLastWriteTimeUtc(path) >= started), Is.Empty);
    }

    [TestCase("run -- true", "Option '--ranks' is required.", "fusion run --help")]
    [TestCase("run --ranks 2", "Required argument 'PROGRAM' missing", "fusion run --help")]
    [TestCase("run --ranks 0 -- true", "Option '--ranks' is 0, but a group has 1 to 8 and 16 ranks.", "fusion run --help")]
    [TestCase("run --ranks 9 -- true", "Option '--ranks' is 9", "fusion run --help")]
    [TestCase("run --ranks two -- true", "'two' is no whole number", "fusion run --help")]
    [TestCase("run --ranks 2 --device gpu -- true", "'gpu' is no GPU", "fusion run --help")]
    [TestCase("run --ranks 2 --device 0,1,2 -- true", "names 3 GPUs for 2 ranks", "fusion run --help")]
    [TestCase("run --ranks 2 --device -1 -- true", "'-1'", "fusion run --help")]
    [TestCase("run --ranks 2 --timeout 0 -- true", "'0' is no number of seconds, as option '--timeout' needs", "fusion run --help")]
    [TestCase("run --ranks 2 --grace soon -- true", "'soon' is no number of seconds, as option '--grace' needs", "fusion run --help")]
    [TestCase("run --ranks 2 -- no-such-program", "'no-such-program' cannot be started: there is no such program in the folders of PATH.")]
    [TestCase("run --ranks 2 -- ./no-such-program", "'./no-such-program' cannot be started: there is no such file.")]
    [TestCase("run --ranks 2 -- /etc/passwd", "'/etc/passwd' is no file that may be executed", "chmod +x")]
    [TestCase("run --ranks 2 -- /etc", "'/etc' is no file that may be executed")]
    public void ThatMakeNoSenseAreRefused(string line, params string[] words)
    {
        var run = Tool.Type(line);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), run.Errors);
        foreach (var word in words) Assert.That(run.Errors, Does.Contain(word));
    }

    [Test]
    public void OfAProgramThatTheSystemRefusesEnd()
    {
        var file = Path.Combine(Folder, "program");
        File.WriteAllText(file, "#!/no/such/interpreter\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var run = Tool.Run("run", "--ranks", "1", "--", file);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((126, "")), run.Errors);
        Assert.That(run.Errors, Does.Contain($"[0] '{file}' cannot be started: No such file").And.Contain("rank 0"));
    }
}
