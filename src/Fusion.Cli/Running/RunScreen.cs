using System.Text;
using Fusion.Cli.Output;

namespace Fusion.Cli.Running;

/// <summary>Standard output and standard error of <c>fusion run</c>, to which all ranks write.</summary>
internal sealed class RunScreen
{
    /// <summary>Held while something is written: both streams may be one terminal.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Standard output.</summary>
    public Stream Output { get; } = StandardOutput.OpenBytes();

    /// <summary>Standard error.</summary>
    public Stream Errors { get; } = Console.OpenStandardError();

    /// <summary>Whether terminals get colours; by https://no-color.org, the variable NO_COLOR says that they do not.</summary>
    public static bool HasColours =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>Tells on standard error what happens to the ranks.</summary>
    public void Tell(string text)
    {
        try
        {
            lock (Gate) Errors.Write(Encoding.UTF8.GetBytes($"fusion run: {text}\n"));
        }
        catch (IOException)
        {
            // The exit code says it too.
        }
    }
}
