using System.Diagnostics;
using System.Text.Json;

namespace Fusion.Cli.Tests.Infrastructure;

/// <summary>The tool as a user starts it: a process, its exit code and what it printed.</summary>
internal sealed record Tool(int ExitCode, string Output, string Errors)
{
    /// <summary>The output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The lines of the output.</summary>
    public string[] Lines => Output.Split(Environment.NewLine);

    public static Tool Run(params string[] arguments) => RunWith(new Dictionary<string, string?>(), arguments);

    public static Tool RunWith(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "fusion.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", tool, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, errors.Result);
    }

    /// <summary>A command line without its name, as one types it.</summary>
    public static Tool Type(string line) => Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
