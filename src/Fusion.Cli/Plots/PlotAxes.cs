using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Fusion.Cli.Plots;

/// <summary>Axes of a plot, whose ticks are numbers that people know.</summary>
internal static class PlotAxes
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB"];

    /// <summary>Sets the axis of sizes, in which the plot has their logarithm to base 2: a line at each power of two, and a label at every
    /// third.</summary>
    public static void Sizes(Plot plot, double from, double to)
    {
        var (first, last) = ((int)Math.Floor(Math.Log2(from)), (int)Math.Ceiling(Math.Log2(to)));
        var ticks = new NumericManual();
        for (var power = first; power <= last; power++)
        {
            if (power % 3 == 1 || last - first < 4) ticks.AddMajor(power, Label(Math.Pow(2, power)));
            else ticks.AddMinor(power);
        }

        plot.Axes.Bottom.TickGenerator = ticks;
        plot.Axes.SetLimitsX(first - 0.3, last + 0.3);
        Grid(plot);
    }

    /// <summary>Sets the axis of times, in which the plot has their logarithm to base 10: labels at 1, 2, 5, 10, 20 and so on.</summary>
    public static void Times(Plot plot, double from, double to)
    {
        var ticks = new NumericManual();
        var lowest = (int)Math.Floor(Math.Log10(from));
        for (var power = lowest; power <= Math.Ceiling(Math.Log10(to)); power++)
        {
            foreach (var digit in Enumerable.Range(1, 9))
            {
                var value = digit * Math.Pow(10, power);
                if (digit is 1 or 2 or 5) ticks.AddMajor(Math.Log10(value), value.ToString("0.######", CultureInfo.InvariantCulture));
                else ticks.AddMinor(Math.Log10(value));
            }
        }

        plot.Axes.Left.TickGenerator = ticks;
        plot.Axes.SetLimitsY(Math.Log10(from) - 0.1, Math.Log10(to) + 0.1);
    }

    /// <summary>Sets the axis of bandwidths, from 0 on.</summary>
    public static void Rates(Plot plot, double to) => plot.Axes.SetLimitsY(0, to * 1.08);

    /// <summary>Writes a power of two as a size: 64 KiB.</summary>
    public static string Label(double bytes)
    {
        var unit = Math.Clamp((int)Math.Log(bytes, 1024), 0, Units.Length - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / Math.Pow(1024, unit):0.##} {Units[unit]}");
    }

    private static void Grid(Plot plot)
    {
        plot.Grid.MajorLineColor = Color.FromHex("#e3e3e3");
        plot.Grid.MinorLineColor = Color.FromHex("#f3f3f3");
        plot.Grid.MinorLineWidth = 1;
    }
}
