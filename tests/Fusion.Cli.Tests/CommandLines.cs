using Fusion.Cli.Tests.Infrastructure;

namespace Fusion.Cli.Tests;

public sealed class CommandLines
{
    [TestCase("bench allreduce --ranks 2 --hidden 64 --tokens 1 --nccl-window", "Option '--nccl-window' is for NCCL: name its library by --nccl.", "--help")]
    [TestCase("", "Required command was not provided.", "fusion --help")]
    [TestCase("plan", "Option '--world-size' is required.", "fusion plan --help")]
    [TestCase("plan --world-size 8 --tokens 1 --hidden 64", "Option '--arch' is required", "fusion plan --help")]
    [TestCase("plan --arch hopper --world-size 8 --tokens 1 --hidden 64", "'hopper' is no GPU architecture", "fusion plan --help")]
    [TestCase("plan --arch sm_90 --world-size 8 --tokens many --hidden 64", "'many' is no whole number, as option '--tokens' needs", "fusion plan --help")]
    [TestCase("plan --arch sm_90 --world-size 8 --tokens 1 --hidden 64 --dtype int8", "'int8'", "fusion plan --help")]
    [TestCase("plan --arch sm_90 --world-size 8 --tokens 1 --hidden 64 --colour", "--colour", "fusion plan --help")]
    [TestCase("inspect", "Required argument 'assembly' missing for command: 'inspect'.", "fusion inspect --help")]
    public void AMistakeIsExplainedOnStandardErrorWithCode2(string line, string problem, string help)
    {
        var run = Tool.Type(line);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), run.Errors);
        Assert.That(run.Errors, Does.Contain(problem).And.Contain(help));
    }

    [TestCase("--help", "plan", "inspect", "doctor", "Exit code: 0 if all is well")]
    [TestCase("plan --help", "--world-size", "one-shot", "--policy")]
    [TestCase("doctor --help", "--json", "  fusion doctor --json")]
    [TestCase("bench allreduce --help", "  fusion bench allreduce --gpus 0,1", "Exit code: 0")]
    [TestCase("cache clear --help", "  fusion cache clear --path")]
    public void HelpNeedsNothingElse(string line, params string[] words)
    {
        var run = Tool.Type(line);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        foreach (var word in words) Assert.That(run.Output, Does.Contain(word));
    }

    [TestCase("plan")]
    [TestCase("graph")]
    [TestCase("inspect")]
    [TestCase("doctor")]
    [TestCase("bench")]
    [TestCase("tune")]
    [TestCase("cache")]
    [TestCase("run")]
    public void TheHelpOfACommandHasExamplesOfThatCommandAlone(string command)
    {
        var lines = Tool.Run(command, "--help").Lines.SkipWhile(line => line != "Examples:").ToList();
        var examples = lines.Where(line => line.StartsWith("  fusion ", StringComparison.Ordinal)).ToList();

        Assert.That(examples, Is.Not.Empty.And.All.StartsWith($"  fusion {command}"));
        Assert.That(Tool.Run("--help").Output, Does.Contain(examples[0]));
    }
}
