using System.Diagnostics;
using Llama.Model;
using Llama.Model.Reference;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary>The program as a user starts it.</summary>
public sealed class Processes
{
    private static string Program => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "llama.exe" : "llama");

    [Test]
    public void WriteTheTextToStandardOutputAndErrorsToStandardError()
    {
        using var folder = new ModelFolder();
        var tokenizer = TokenizerFile.Load(folder.Path);
        using var checkpoint = Checkpoint.Open(folder.Path);
        using var model = new ReferenceModel(checkpoint);
        var expected = tokenizer.Decode(model.Generate(tokenizer.EncodeToIds("hello"), 10).Where(token => token != TestTokenizer.End));
        Assert.That(Run("generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "10"), Is.EqualTo((0, expected + "\n", "")));
        Assert.That(Run("generate", "--model", folder["none"], "--prompt", "hello"), Is.EqualTo(
            (2, "", $"{folder["none"]}/config.json: it cannot be read: Could not find a part of the path '{folder["none"]}/config.json'.\n")));
    }

    [Test]
    public void EndCleanlyByCtrlC()
    {
        using var folder = new ModelFolder(ModelFolder.Small with { Context = 1 << 20, EndTokens = [] });
        var log = folder["log"];
        using var process = new ProcessToEnd(folder.Path, log, new Dictionary<string, string?>(),
            Program, "generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "50000");
        Assert.That(process.Reaches(Task.Run(async () =>
        {
            while (process.Output.Length < 5) await Task.Delay(20);
        })), Is.True, process.Output);
        Assert.That(process.End("INT"), Is.EqualTo(130));
        Assert.That(process.Output, Does.EndWith("\n").And.Not.Contain("Exception").And.Not.Contain("Unhandled"));
    }

    private static (int Code, string Out, string Error) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
