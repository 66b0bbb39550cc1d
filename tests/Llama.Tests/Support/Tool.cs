using Llama.Cli.CommandLine;
using Llama.Cli.Runners;
using Llama.Model;

namespace Llama.Tests.Support;

/// <summary>Runs command lines of <c>llama</c> in this process.</summary>
internal static class Tool
{
    /// <summary>What a command line wrote, and its exit code.</summary>
    public sealed record Result(int Code, string Out, string Error);

    public static async Task<Result> RunAsync(IRunnerFactory runners, TimeProvider time, CancellationToken cancellationToken, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LlamaTool.RunAsync(new(output, error, runners, time), arguments, cancellationToken);
        return new(code, output.ToString(), error.ToString());
    }

    public static Result Run(params string[] arguments) => RunAsync(new RunnerFactory(), TimeProvider.System, CancellationToken.None, arguments).Result;
}

/// <summary>Makes runners of a test, and keeps what was asked for.</summary>
internal sealed class TestRunners(Func<RunnerSettings, Llama.Model.Running.IModelRunner> make, double? bandwidth = null) : IRunnerFactory
{
    public List<RunnerSettings> Asked { get; } = [];

    public OpenedRunner Open(RunnerSettings settings, IProgress<long> progress)
    {
        Asked.Add(settings);
        progress.Report(0);
        return new(make(settings), bandwidth);
    }
}

/// <summary>A folder with a small model of random weights and its tokenizer, as a user has it.</summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly TestFolder folder = new();

    public ModelFolder(ModelConfig? config = null, int files = 1, int? prefix = null)
    {
        Config = config ?? Small;
        RandomCheckpoint.Write(Path, Config, files: files);
        folder.Write("tokenizer.json", TestTokenizer.Json(prefix: prefix));
    }

    /// <summary>A model with the vocabulary of <see cref="TestTokenizer"/>, rounded up.</summary>
    public static ModelConfig Small { get; } = Tiny.Llama with { Vocabulary = 304, EndTokens = [TestTokenizer.End] };

    public ModelConfig Config { get; }

    public string Path => folder.Path;

    public string this[string name] => folder[name];

    public void Dispose() => folder.Dispose();
}
