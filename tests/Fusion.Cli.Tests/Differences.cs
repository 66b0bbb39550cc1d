using System.Text;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Cli.Tests;

public sealed class Differences : FolderOfATest
{
    [Test]
    public void TwoBuildsOfTheSameCodeAreTheSameWithCode0()
    {
        var run = Tool.Run("inspect", "--diff", RealKernels.Write(Folder, "a.dll"), RealKernels.Write(Folder, "b.dll"));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.EndWith($"No difference in 13 kernels.{Environment.NewLine}"));
        Assert.That(run.Output, Does.Not.Contain("changed:"));
    }

    [Test]
    public void KernelsThatCameAndWentAreNamedWithCode1()
    {
        var before = RealKernels.Write(Folder, "a.dll", architectures: ["sm_80", "compute_80"]);
        var after = RealKernels.Write(Folder, "b.dll", architectures: ["sm_80", "sm_90a"]);
        var run = Tool.Run("inspect", "--diff", before, after);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Lines, Does.Contain("- plain  compute_80  figures").And.Contain("+ clustered  sm_90a  figures"));
        Assert.That(run.Lines, Does.Contain("4 removed, 5 added, 0 changed, 4 the same."));
    }

    [Test]
    public void AFigureIsShownBeforeAndAfter()
    {
        var (before, after) = (RealKernels.Write(Folder, "a.dll"), RealKernels.Write(Folder, "b.dll", StoreLess));
        var run = Tool.Run("inspect", "--diff", before, after);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        // One store of 4 bytes became something else.
        Assert.That(Words(run), Does.Contain("spilled sm_80 figures local stores 520 → 516"));
        Assert.That(run.Lines, Does.Contain("0 removed, 0 added, 1 changed, 12 the same."));

        var json = Tool.Run("inspect", "--diff", before, after, "--json");
        Assert.That(json.ExitCode, Is.EqualTo(1));
        var changed = json.Json.GetProperty("changed")[0];
        Assert.That(changed.GetProperty("kernel").GetString(), Is.EqualTo("spilled"));
        Assert.That(changed.GetProperty("image").GetString(), Is.EqualTo("sm_80"));
        Assert.That(changed.GetProperty("figures")[0].ToString(), Does.Contain("\"before\": \"520\"").And.Contain("\"after\": \"516\""));
        Assert.That(json.Json.GetProperty("isSame").GetBoolean(), Is.False);
    }

    [Test]
    public void CodeThatDiffersWithEqualFiguresIsShownByItsHash()
    {
        var run = Tool.Run("inspect", "--diff", RealKernels.Write(Folder, "a.dll"), RealKernels.Write(Folder, "b.dll", ChangeAConstant));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(Words(run), Has.One.Match("^plain sm_80 figures code SHA-256 [0-9a-f]{12} → SHA-256 [0-9a-f]{12}$"));
        Assert.That(run.Lines, Does.Contain("0 removed, 0 added, 1 changed, 12 the same."));
    }

    [Test]
    public void PtxThatDiffersIsShownByItsImage()
    {
        var run = Tool.Run("inspect", "--diff", RealKernels.Write(Folder, "a.dll"), RealKernels.Write(Folder, "b.dll", ptx: ".version 8.5!"));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(Words(run), Has.One.Match("^plain compute_80 figures image 12 bytes, SHA-256 [0-9a-f]{12} → 13 bytes, SHA-256 [0-9a-f]{12}$"));
    }

    [Test]
    public void AProblemInOneOfThemGivesCode1AlthoughTheRestIsTheSame()
    {
        var before = RealKernels.Write(Folder, "a.dll");
        var after = Path.Combine(Folder, "none.dll");
        SampleAssembly.WriteResources(Folder, [(KernelManifest.ResourceName, "{}"u8.ToArray())], "none.dll");
        var run = Tool.Run("inspect", "--diff", before, after, "--json");
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Json.GetProperty("problems")[0].GetString(), Does.StartWith("FUSION2002"));
        Assert.That(run.Json.GetProperty("removed").GetArrayLength(), Is.EqualTo(13));
    }

    [TestCase("inspect --diff a.dll", "--diff compares two assemblies, but one is named: fusion inspect --diff BEFORE AFTER.")]
    [TestCase("inspect a.dll b.dll", "Name one assembly; to compare two, add --diff.")]
    [TestCase("inspect --diff none.dll b.dll", "'none.dll' cannot be read")]
    public void AMistakeIsExplainedOnStandardErrorWithCode2(string line, string problem)
    {
        var run = Tool.Type(line);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), run.Errors);
        Assert.That(run.Errors, Does.Contain(problem));
    }

    // STL of four bytes, with the guard that is always true: the first of spilled's becomes an STS.
    private static void StoreLess(string architecture, byte[] cubin)
    {
        if (architecture != "sm_80") return;
        var code = Section(cubin, ".text.spilled");
        for (var at = code.Start; at < code.End; at += 16)
        {
            var isStore = (BitConverter.ToUInt16(cubin, at) & 0xfff) == 0x387 && ((cubin[at + 9] >> 1) & 7) == 4;
            if (!isStore) continue;
            cubin[at] = 0x88;
            return;
        }

        Assert.Fail("the cubin has no such instruction");
    }

    private static void ChangeAConstant(string architecture, byte[] cubin)
    {
        if (architecture == "sm_80") cubin[Section(cubin, ".text.plain").Start + 4] ^= 4;
    }

    private static (int Start, int End) Section(byte[] elf, string name)
    {
        int Int(int at) => checked((int)BitConverter.ToInt64(elf, at));
        var table = Int(40);
        var names = Int(table + (BitConverter.ToUInt16(elf, 62) * 64) + 24);
        for (var i = 0; i < BitConverter.ToUInt16(elf, 60); i++)
        {
            var header = table + (i * 64);
            var start = names + BitConverter.ToInt32(elf, header);
            var end = Array.IndexOf(elf, (byte)0, start);
            if (Encoding.ASCII.GetString(elf, start, end - start) == name) return (Int(header + 24), Int(header + 24) + Int(header + 32));
        }

        throw new InvalidOperationException($"no section {name}");
    }

    private static string[] Words(Tool run) =>
        [.. run.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
