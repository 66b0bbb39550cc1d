using System.Diagnostics;
using System.Reflection;
using System.Threading.Channels;

namespace Fusion.Runtime.Distributed.Tests.Support;

/// <summary>A rank in a process of its own, which does what a test tells it.</summary>
internal sealed class RankOfATest : IDisposable
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromMinutes(2);
    private static readonly string Program = typeof(RankOfATest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(one => one.Key == "RankProcess").Value!;

    private readonly Process process;
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>();

    public RankOfATest(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var start = new ProcessStartInfo(Command[0], Command[1..]);
        (start.RedirectStandardInput, start.RedirectStandardOutput) = (true, true);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text) answers.Writer.TryWrite(text);
            else answers.Writer.TryComplete();
        };
        process.BeginOutputReadLine();
    }

    /// <summary>Gets the words that start a rank's process.</summary>
    public static string[] Command
    {
        get
        {
            // On a GPU machine without .NET the program lies beside the tests.
            var own = Path.Combine(AppContext.BaseDirectory, "RankProcess");
            return File.Exists($"{own}.dll") ? [own] : ["dotnet", Program];
        }
    }

    public int Id => process.Id;

    /// <summary>Tells the rank something without waiting for its answer.</summary>
    public void Tell(string command)
    {
        process.StandardInput.WriteLine(command);
        process.StandardInput.Flush();
    }

    /// <summary>Waits for the next answer.</summary>
    public async Task<string> Answer()
    {
        using var late = new CancellationTokenSource(LongestAnswer);
        try
        {
            return await answers.Reader.ReadAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"process {Id} did not answer within {LongestAnswer}");
        }
    }

    /// <summary>Tells the rank something and waits for its answer.</summary>
    public Task<string> Do(string command)
    {
        Tell(command);
        return Answer();
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(string name) => Process.Start("kill", [$"-{name}", $"{Id}"])!.WaitForExit();

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}
