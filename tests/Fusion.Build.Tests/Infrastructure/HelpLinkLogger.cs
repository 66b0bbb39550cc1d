using Microsoft.Build.Framework;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>Writes code and help link of each error and warning to a file: a binary log does not keep help links. MSBuild
/// loads it into the consumer's build.</summary>
public sealed class HelpLinkLogger : ILogger
{
    public LoggerVerbosity Verbosity { get; set; }

    /// <summary>Path of the file.</summary>
    public string? Parameters { get; set; }

    /// <summary>The switch that attaches it to a build.</summary>
    public static string Switch(string file) =>
        $"-logger:{typeof(HelpLinkLogger).FullName},{typeof(HelpLinkLogger).Assembly.Location};{file}";

    public void Initialize(IEventSource eventSource)
    {
        ArgumentNullException.ThrowIfNull(eventSource);
        eventSource.ErrorRaised += (_, e) => Write(e.Code, e.HelpLink);
        eventSource.WarningRaised += (_, e) => Write(e.Code, e.HelpLink);
    }

    public void Shutdown()
    {
    }

    private void Write(string code, string link) => File.AppendAllText(Parameters!, $"{code}\t{link}\n");
}
