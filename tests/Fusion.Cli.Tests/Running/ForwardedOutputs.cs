using System.Text;
using System.Text.RegularExpressions;
using Fusion.Cli.Running;
using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests.Running;

public sealed class ForwardedOutputs
{
    [TestCase("", "")]
    [TestCase("one\ntwo\n", "[1] one\n[1] two\n")]
    [TestCase("one\n\nlast without an end", "[1] one\n[1] \n[1] last without an end\n")]
    [TestCase("\n", "[1] \n")]
    [TestCase("10%\r20%\r\nend\r\n", "[1] 10%\r20%\r\n[1] end\r\n")]
    public void HaveAPrefixBeforeEachLine(string source, string expected)
    {
        foreach (var step in new[] { 1, 2, 3, 1000 }) Assert.That(Forward(Encoding.UTF8.GetBytes(source), step), Is.EqualTo(expected));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(4096)]
    [TestCase(1_000_000)]
    public void OfLongLinesAreSeveralOfWholeCharacters(int step)
    {
        // 1, 2, 3 and 4 bytes, so that each place of a character comes to lie at the end of the buffer.
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => "aü€🙂"[..(i % 7 == 0 ? 3 : 5)]));
        var lines = Forward(Encoding.UTF8.GetBytes($"short\n{text}\nshort\n"), step).Split('\n');

        Assert.That((lines[0], lines[^2], lines[^1]), Is.EqualTo(("[1] short", "[1] short", "")));
        Assert.That(lines[1..^2], Has.Length.EqualTo(Math.Ceiling(Encoding.UTF8.GetByteCount(text) / (double)ForwardedLines.LongestLine)));
        Assert.That(string.Concat(lines[1..^2].Select(line => line["[1] ".Length..])), Is.EqualTo(text));
    }

    [Test]
    public void OfBytesThatAreNoTextAreWhole()
    {
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        bytes.AsSpan().Replace((byte)'\n', (byte)0x80);
        using var target = new MemoryStream();
        new ForwardedLines(target, new Lock(), []).Copy(new SteppedStream(bytes, 5000));

        Assert.That(target.ToArray().Where(value => value != '\n'), Is.EqualTo(bytes));
    }

    [Test]
    [Platform("Linux")]
    public void OfManyRanksAreNeverMixedWithinALine()
    {
        const string script = "i=0; while [ $i -lt 300 ]; do printf %s $FUSION_RANK; printf '%0300d' $i; echo $FUSION_RANK; i=$((i+1)); done; printf end";
        var run = Tool.Run("run", "--ranks", "4", "--", "sh", "-c", script);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")));
        for (var rank = 0; rank < 4; rank++)
        {
            var own = run.Lines.Where(line => line.StartsWith($"[{rank}] ", StringComparison.Ordinal)).ToList();
            Assert.That(own[..^1], Is.EqualTo(Enumerable.Range(0, 300).Select(i => $"[{rank}] {rank}{i:D300}{rank}")));
            Assert.That(own[^1], Is.EqualTo($"[{rank}] end"));
        }

        Assert.That(run.Lines, Has.Length.EqualTo((4 * 301) + 1));
    }

    [Test]
    [Platform("Linux")]
    public void GoWhereTheRanksWroteThem()
    {
        var run = Tool.Run("run", "--ranks", "1", "--", "sh", "-c", "echo out; echo err >&2; printf more >&2");
        Assert.That((run.Output, run.Errors), Is.EqualTo(("[0] out\n", "[0] err\n[0] more\n")));
    }

    /// <summary>On a terminal the prefix has a colour, unless NO_COLOR is set. util-linux' script makes a terminal.</summary>
    [TestCase("", true)]
    [TestCase("NO_COLOR=1", false)]
    [TestCase("TERM=dumb", false)]
    [Platform("Linux")]
    public void HaveColoursOnATerminal(string variable, bool hasColour)
    {
        if (ShellOfATest.Run("command -v script").Code != 0) Assert.Ignore("There is no program 'script' on this machine.");
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        var run = ShellOfATest.Run($"script -qec \"env TERM=xterm {variable} dotnet exec '{tool}' run --ranks 1 -- echo text\" /dev/null < /dev/null");

        Assert.That(run.Output, Does.Contain("text"), run.Errors);
        Assert.That(Regex.IsMatch(run.Output, "\e\\[36m\\[0\\]\e\\[0m text"), Is.EqualTo(hasColour), run.Output);
    }

    private static string Forward(byte[] source, int step)
    {
        using var target = new MemoryStream();
        new ForwardedLines(target, new Lock(), "[1] "u8.ToArray()).Copy(new SteppedStream(source, step));
        return Encoding.UTF8.GetString(target.ToArray());
    }

    // Gives a few bytes at a time, as a pipe does.
    private sealed class SteppedStream(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(step, count));
    }
}
