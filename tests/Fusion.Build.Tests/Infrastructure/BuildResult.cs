using Microsoft.Build.Logging.StructuredLogger;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>What a build said, by its binary log.</summary>
internal sealed class BuildResult
{
    private readonly Microsoft.Build.Logging.StructuredLogger.Build log;

    public BuildResult(int exitCode, string output, string binaryLog)
    {
        ExitCode = exitCode;
        Output = output;
        log = BinaryLog.ReadBuild(binaryLog);
    }

    public int ExitCode { get; }

    /// <summary>What the terminal showed.</summary>
    public string Output { get; }

    public IReadOnlyList<Error> Errors => log.FindChildrenRecursive<Error>();

    public IReadOnlyList<Warning> Warnings => log.FindChildrenRecursive<Warning>();

    /// <summary>Every message of every verbosity.</summary>
    public IEnumerable<string> Messages => log.FindChildrenRecursive<Message>().Select(message => message.Text);

    /// <summary>How often the compiler's process was started.</summary>
    public int CompilerStarts => Messages.Count(text => text.StartsWith("fusionc is started", StringComparison.Ordinal));

    /// <summary>Whether the compiler's process was started.</summary>
    public bool StartedCompiler => CompilerStarts > 0;

    /// <summary>The lines of progress, one for each job that was compiled.</summary>
    public string[] CompiledJobs => [.. Messages.Where(text => text.Contains(" -> sm_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Those of the jobs that NVRTC did not do, because the compile cache had them.</summary>
    public string[] CachedJobs => [.. CompiledJobs.Where(job => job.EndsWith(", from the compile cache)", StringComparison.Ordinal))];

    /// <summary>The sources that were compiled, each once.</summary>
    public string[] CompiledSources => [.. CompiledJobs.Select(job => job.Split(" -> ")[0].Trim()).Distinct()];

    public BuildResult MustSucceed()
    {
        Assert.That(ExitCode, Is.Zero, Output);
        return this;
    }

    public BuildResult MustFail()
    {
        Assert.That(ExitCode, Is.Not.Zero, Output);
        return this;
    }

    /// <summary>The only error with a code.</summary>
    public Error Error(string code) => Only(Errors, error => error.Code == code, code);

    /// <summary>The only error with a code in a file.</summary>
    public Error Error(string code, string file) =>
        Only(Errors, error => error.Code == code && Path.GetFileName(error.File) == file, $"{code} in {file}");

    /// <summary>The only warning with a code.</summary>
    public Warning Warning(string code) => Only(Warnings, warning => warning.Code == code, code);

    private T Only<T>(IEnumerable<T> all, Func<T, bool> which, string what)
    {
        var found = all.Where(which).ToList();
        Assert.That(found, Has.Count.EqualTo(1), $"expected one {what} in:\n{Output}");
        return found[0];
    }
}
