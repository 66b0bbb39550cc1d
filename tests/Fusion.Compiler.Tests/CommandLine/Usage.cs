using Fusion.Compiler.CommandLine;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.CommandLine;

[NonParallelizable]
public sealed class Usage
{
    [TestCase("No source is named.")]
    [TestCase("No architecture is named: add --arch sm_90a", "k.cu")]
    [TestCase("'--bogus' is no option", "k.cu", "--bogus")]
    [TestCase("'A=1;B' has a semicolon", "k.cu", "--arch", "sm_80", "-D", "A=1;B")]
    [TestCase("Cannot parse argument 'many'", "k.cu", "--arch", "sm_80", "-j", "many")]
    public void AMistakeIsExplainedWithExitCode2(string expected, params string[] arguments)
    {
        var errors = new StringWriter();
        var before = Console.Error;
        Console.SetError(errors);
        try
        {
            Assert.That(new FusionCommand().Invoke(arguments), Is.EqualTo(2));
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.That(errors.ToString(), Does.Contain(expected).And.Contain("fusionc --help"));
    }

    [Test]
    public void TheHelpHasExamplesAndEveryOption()
    {
        var run = CompilerProcess.Run(Path.GetTempPath(), "12.4", "--help");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Contain("fusionc rms_norm.cu --arch sm_90a -o out").And.Contain("Exit code:"));
        foreach (var option in new[] { "--arch", "--output", "-I ", "-D ", "--std", "--maxrregcount", "--use-fast-math", "--lineinfo",
            "--name-expression", "--option", "--nvrtc", "--skip-unsupported", "--manifest", "--jobs", "--verbose", "--list-nvrtc" })
        {
            Assert.That(run.Output, Does.Contain(option));
        }
    }
}
