using System.Globalization;

namespace Fusion.Emulation;

/// <summary>Settings that environment variables add to those of a program, so that <c>dotnet test</c> can write what a debugger would show.</summary>
internal static class EnvironmentSettings
{
    public const string Trace = "FUSION_EMULATOR_TRACE";
    public const string Coverage = "FUSION_EMULATOR_COVERAGE";

    /// <summary>Adds what the variables say and the program does not.</summary>
    /// <exception cref="ArgumentException">A variable has a form that it cannot have.</exception>
    public static EmulatorOptions Add(EmulatorOptions options) => options with
    {
        Trace = options.Trace ?? (Value(Trace) is { } trace ? ParseTrace(trace) : null),
        CoverageFile = options.CoverageFile ?? Value(Coverage),
    };

    /// <summary>Path in which <c>%p</c> is the number of the process.</summary>
    public static string PathOf(string setting) =>
        Path.GetFullPath(setting.Replace("%p", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private static EmulatorTrace ParseTrace(string setting)
    {
        var parts = setting.Split(';', StringSplitOptions.TrimEntries);
        var trace = new EmulatorTrace { File = parts[0].Length == 0 ? null : parts[0] };
        foreach (var part in parts[1..])
        {
            var (name, value) = part.Split('=', 2) is [var before, var behind] ? (before, behind) : (part, "");
            trace = name switch
            {
                "kernel" => trace with { Kernel = value },
                "block" when Place(value) is { } block => trace with { Block = block },
                "thread" when Place(value) is { } thread => trace with { Thread = thread },
                "steps" when long.TryParse(value, CultureInfo.InvariantCulture, out var steps) => trace with { MaxSteps = steps },
                _ => throw new ArgumentException(
                    $"The environment variable {Trace} has '{part}', which is not understood. Expected a file, and behind semicolons 'kernel=NAME', " +
                    "'block=X,Y,Z', 'thread=X,Y,Z' or 'steps=NUMBER', such as 'trace.txt;kernel=scale;block=1;thread=3'."),
            };
        }

        return trace;
    }

    private static (int X, int Y, int Z)? Place(string text)
    {
        var numbers = new int[3];
        var parts = text.Split(',');
        if (parts.Length > 3) return null;
        for (var i = 0; i < parts.Length; i++)
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) return null;
        return (numbers[0], numbers[1], numbers[2]);
    }

    private static string? Value(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
