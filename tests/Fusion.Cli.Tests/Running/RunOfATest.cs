using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Fusion.Cli.Tests.Running;

/// <summary>A <c>fusion run</c> that is at work while a test looks at it.</summary>
internal sealed class RunOfATest : IDisposable
{
    // Of one that hangs; no test takes as long.
    private const int Patience = 30_000;

    private readonly Process process;
    private readonly BlockingCollection<string> lines = [];
    private readonly Task<string> errors;
    private readonly Thread reader;

    public RunOfATest(string script, params string[] options)
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        // Tests that are started in the background, or by nohup, inherit signals that are ignored, and so would the tool and its ranks.
        process = Process.Start(new ProcessStartInfo(
            "env", ["--default-signal=INT,HUP,QUIT,TERM", "dotnet", "exec", tool, "run", .. options, "--", "sh", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        errors = process.StandardError.ReadToEndAsync();
        reader = new(() =>
        {
            while (process.StandardOutput.ReadLine() is { } line) lines.Add(line);
            lines.CompleteAdding();
        })
        { IsBackground = true };
        reader.Start();
    }

    public int Id => process.Id;

    /// <summary>The next lines of the output, sorted: ranks come in any order.</summary>
    public string[] Lines(int count) => [.. Enumerable.Range(0, count)
        .Select(_ => lines.TryTake(out var line, Patience) ? line : throw new TimeoutException($"{count} lines were expected.")).Order(StringComparer.Ordinal)];

    /// <summary>Numbers of processes that the next lines have behind the prefix.</summary>
    public int[] Processes(int count) => [.. Lines(count).Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))];

    /// <summary>Lets rank 0 read a line.</summary>
    public void Type(string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
    }

    /// <summary>Sends a signal to the tool alone.</summary>
    public void Send(string signal) => Process.Start("kill", [$"-{signal}", Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    /// <summary>Waits for the end.</summary>
    public (int Code, string[] Lines, string Errors) End()
    {
        Assert.That(process.WaitForExit(Patience), Is.True, "fusion run has not ended.");
        return (process.ExitCode, [.. lines.GetConsumingEnumerable().Order(StringComparer.Ordinal)], errors.Result);
    }

    /// <summary>Tells whether a process is gone within a second: the system needs a moment for one that was killed.</summary>
    public static bool IsGone(int id)
    {
        var watch = Stopwatch.StartNew();
        while (IsThere(id))
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(1)) return false;
            Thread.Sleep(10);
        }

        return true;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        // It reads to the end of the output, which comes when the ranks are gone.
        Assert.That(reader.Join(Patience), Is.True, "Something holds the output open.");
        process.Dispose();
        lines.Dispose();
    }

    // A process that has ended stays as a zombie until its parent asks for it, which in a container may be nobody.
    private static bool IsThere(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
