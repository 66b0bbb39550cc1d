using System.Diagnostics;
using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests;

/// <summary>A full disk, a closed pipe, a file that cannot be: one line on standard error and exit code 2, whatever the
/// subcommand.</summary>
[Platform("Linux")]
public sealed class OutputsThatCannotBeWritten : FolderOfATest
{
    private const string Plan = "plan --arch sm_90 --world-size 8 --tokens 1 --hidden 64";

    [TestCase(Plan)]
    [TestCase(Plan + " --json")]
    [TestCase("graph {graph}")]
    [TestCase("graph {graph} --after --format json")]
    [TestCase("inspect {assembly}")]
    [TestCase("inspect --diff {assembly} {assembly} --json")]
    [TestCase("doctor")]
    [TestCase("tune {rows} --arch sm_90")]
    [TestCase("cache info")]
    [TestCase("cache clear --path {folder}/cache")]
    [TestCase("--help")]
    [TestCase("bench allreduce --help")]
    public void AFullDiskIsTold(string line)
    {
        var (code, errors) = Shell($"{Command(line)} > /dev/full");
        Assert.That((code, errors), Is.EqualTo((2, "Standard output cannot be written: No space left on device\n")));
    }

    [TestCase(Plan)]
    [TestCase("inspect {assembly}")]
    [TestCase("doctor --json")]
    [TestCase("tune {rows} --arch sm_90")]
    [TestCase("--help")]
    public void APipeThatNobodyReadsIsTold(string line)
    {
        // The tool starts when the other end is closed for certain.
        var (_, errors) = Shell($"mkfifo '{Folder}/go'; ( read go < '{Folder}/go'; {Command(line)}; echo $? >&2 ) | ( exec <&-; echo > '{Folder}/go' )");
        Assert.That(errors, Is.EqualTo("Standard output cannot be written: Broken pipe\n2\n"));
    }

    [Test]
    public void WhatIsReadBeforeThePipeIsClosedIsWhole()
    {
        var (code, errors) = Shell($"{Command(Plan)} | head -1 > '{Folder}/line'");
        Assert.That((code, File.ReadAllText(Path.Combine(Folder, "line"))), Is.EqualTo((0, "one-shot\n")), errors);
    }

    [Test]
    public void OutputAndErrorsMayShareAFile()
    {
        Shell($"( echo first; {Command(Plan)}; {Command("plan")}; echo last ) > '{Folder}/all' 2>&1");
        var lines = File.ReadAllLines(Path.Combine(Folder, "all"));
        Assert.That((lines[0], lines[1], lines[^1]), Is.EqualTo(("first", "one-shot", "last")));
        Assert.That(lines, Has.Some.EqualTo("fusion plan --help explains the command line."));
    }

    [Test]
    public void ErrorsThatCannotBeToldAreStillAnExitCode() => Assert.That(Shell($"{Command("plan")} 2> /dev/full").Code, Is.EqualTo(2));

    [TestCase("tune {rows} --arch sm_90 --out /dev/full", "The policy cannot be written to '/dev/full': ")]
    [TestCase("tune {rows} --arch sm_90 --out {folder}", "The policy cannot be written to '{folder}': ")]
    [TestCase("tune {rows} --arch sm_90 --out {folder}/none/policy.json", "The policy cannot be written to '{folder}/none/policy.json': ")]
    [TestCase("tune {rows} --arch sm_90 --out ''", "The policy cannot be written to '': ")]
    [TestCase("graph {graph} --svg /dev/full", "The picture cannot be written to '/dev/full': ")]
    [TestCase("graph {graph} --svg ''", "The picture cannot be written to '': ")]
    [TestCase("bench allreduce --ranks 2 --hidden 64 --tokens 1 --csv {folder}", "The rows cannot be written to '{folder}': ")]
    [TestCase("tune '' --arch sm_90", "'' cannot be read: ")]
    [TestCase("tune {folder} --arch sm_90", "'{folder}' cannot be read: ")]
    [TestCase("inspect ''", "'' cannot be read: ")]
    [TestCase("inspect {folder}", "'{folder}' cannot be read: ")]
    [TestCase(Plan + " --kernels ''", "'' cannot be read: ")]
    [TestCase(Plan + " --policy ''", "FUSION3003: The policy ''")]
    [TestCase("graph ''", "FUSION5003: The graph ''")]
    [TestCase("graph {graph} --config ''", "FUSION5004: The pass configuration ''")]
    public void AFileThatCannotBeIsTold(string line, string start)
    {
        var (code, errors) = Shell($"{Command(line)} > /dev/null");
        Assert.That(errors, Does.StartWith(start.Replace("{folder}", Folder, StringComparison.Ordinal)).And.Not.Contain("   at "));
        Assert.That((code, errors.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)), errors);
    }

    private string Command(string line)
    {
        var graph = Path.Combine(Folder, "graph.json");
        File.WriteAllText(graph, """
            { "name": "g", "inputs": [ { "name": "x", "columns": 64 } ],
              "ops": [ { "op": "all_reduce", "name": "sum", "inputs": { "input": "x" }, "outputs": { "allreduce_out": "a" } } ],
              "outputs": { "y": "a" } }
            """);
        var rows = Path.Combine(Folder, "rows.csv");
        File.WriteAllLines(rows, ["GPU,2,gpus,64,1,bf16,none,one-shot,graph,1,1,1", "GPU,2,gpus,64,1,bf16,none,two-shot,graph,2,2,2"]);
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        return $"dotnet exec '{tool}' " + line.Replace("{graph}", $"'{graph}'", StringComparison.Ordinal)
            .Replace("{rows}", $"'{rows}'", StringComparison.Ordinal)
            .Replace("{assembly}", $"'{SampleAssembly.Write(Folder)}'", StringComparison.Ordinal)
            .Replace("{folder}/cache", $"'{Folder}/cache'", StringComparison.Ordinal)
            .Replace("{folder}/none/policy.json", $"'{Folder}/none/policy.json'", StringComparison.Ordinal)
            .Replace("{folder}", $"'{Folder}'", StringComparison.Ordinal);
    }

    private static (int Code, string Errors) Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
