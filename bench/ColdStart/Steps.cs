using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ColdStart;

/// <summary>Times of the program's steps.</summary>
internal static class Steps
{
    private static readonly List<(string Name, long Time)> All = new(16);

    /// <summary>Notes that a step is done.</summary>
    /// <param name="name">Name of the step, which bare.c has too.</param>
    // On Linux, the stopwatch counts nanoseconds of CLOCK_MONOTONIC.
    public static void Note(string name) => All.Add((name, Stopwatch.GetTimestamp()));

    /// <summary>Prints the steps, and whether the result is right.</summary>
    /// <param name="isRight">Whether the result is right.</param>
    public static void Print(bool isRight)
    {
        var begin = long.TryParse(Environment.GetEnvironmentVariable("COLD_BEGIN"), out var time) ? time : All[0].Time;
        var text = new StringBuilder();
        foreach (var step in All) text.Append(CultureInfo.InvariantCulture, $"{step.Name}\t{step.Time - begin}\n");
        Console.Out.Write(text.Append(CultureInfo.InvariantCulture, $"right\t{(isRight ? 1 : 0)}\n").ToString());
    }
}
