using System.Globalization;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>The process that started the ranks of a machine for Hydra, whose variables do not name the job.</summary>
internal static class HydraProxy
{
    // A rank, or a shell that started it, is a child of the proxy.
    private const int MostAncestors = 16;
    private const string ProgramName = "hydra_pmi_proxy";

    /// <summary>Finds the proxy among the ancestors of this process.</summary>
    /// <returns>A name that the ranks of this proxy find, and no others; null if there is none, as in a container that the proxy started.</returns>
    public static string? Find()
    {
        var process = "self";
        for (var i = 0; i < MostAncestors; i++)
        {
            if (Read(process) is not { } stat) return null;
            if (stat.Program == ProgramName) return $"{stat.Id}-{stat.Start}";
            process = stat.Parent;
        }

        return null;
    }

    /// <summary>Reads the number, program, parent and start time of a process from what Linux says of it in <c>/proc/PID/stat</c>.</summary>
    /// <param name="text">Fields between blanks: the number, the name of the program in parentheses, which may have blanks too, the state, the
    /// parent, and others, of which the 22nd is the start time.</param>
    /// <returns>Null if it has other fields.</returns>
    public static (string Id, string Program, string Parent, string Start)? Parse(string text)
    {
        var (open, close) = (text.IndexOf(" (", StringComparison.Ordinal), text.LastIndexOf(')'));
        if (open < 0 || close < open) return null;
        var fields = text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? (text[..open], text[(open + 2)..close], fields[1], fields[19])
            : null;
    }

    private static (string Id, string Program, string Parent, string Start)? Read(string process)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{process}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No Linux, or a process of another user that is hidden.
            return null;
        }
    }
}
