using System.Text;
using Fusion.Cli.CommandLine;
using ScottPlot;
using SkiaSharp;

namespace Fusion.Cli.Plots;

/// <summary>Draws columns as a picture: microseconds of a call above, bandwidth below, both over the size of a message.</summary>
internal static class PlotDrawing
{
    private const int ColumnWidth = 640;
    private const int Height = 820;
    private const int LabelSize = 14;

    // The widths of text are computed with a font of this machine; who looks at an SVG has another one, of the like widths.
    private static readonly string[] Fonts = ["DejaVu Sans", "Verdana", "Liberation Sans", "Arial", "Helvetica", "Noto Sans", "Open Sans"];
    private static readonly string[] PeerColors = ["#2a9d4a", "#c77700", "#7b52ab", "#b03060", "#5f7a8a"];
    private static readonly string[] StrategyColors = ["#2f8fe0", "#17a2b8", "#8fb8de", "#b0c4de"];

    /// <summary>Tells whether pictures of a file's kind can be drawn: by its name, .svg or .png.</summary>
    public static bool IsPicture(string file) => Path.GetExtension(file).ToLowerInvariant() is ".svg" or ".png";

    /// <summary>Throws if this machine cannot draw, before anything is measured.</summary>
    /// <exception cref="UsageException">This machine has no font, or the tool no library to draw with.</exception>
    public static void ThrowIfCannotDraw() => WithLibrary(Font);

    /// <summary>Writes the picture.</summary>
    /// <param name="file">Path of the file, whose extension says which kind of picture it is.</param>
    /// <param name="columns">The columns, from left to right.</param>
    /// <exception cref="UsageException">This machine has no font, or the tool no library to draw with.</exception>
    public static void Write(string file, IReadOnlyList<PlotColumn> columns) => File.WriteAllBytes(file, WithLibrary(
        () => Path.GetExtension(file).Equals(".svg", StringComparison.OrdinalIgnoreCase) ? Svg(columns) : Png(columns)));

    private static T WithLibrary<T>(Func<T> draw)
    {
        try
        {
            return draw();
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException)
        {
            throw new UsageException($"Plots are drawn by SkiaSharp, whose library the tool has for Linux on x64 and arm64: {e.GetBaseException().Message.Split('\n')[0]}");
        }
    }

    private static byte[] Png(IReadOnlyList<PlotColumn> columns) => Png(Plots(columns, Font()), columns.Count * ColumnWidth);

    private static byte[] Png(Multiplot plots, int width)
    {
        using var surface = SKSurface.Create(new SKImageInfo(width, Height));
        plots.Render(surface.Canvas, new(0, width, Height, 0));
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Svg(IReadOnlyList<PlotColumn> columns)
    {
        var (font, width) = (Font(), columns.Count * ColumnWidth);
        var plots = Plots(columns, font);
        // The first time, each plot is drawn twice, the second one on top.
        _ = Png(plots, width);
        using var stream = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(SKRect.Create(width, Height), stream)) plots.Render(canvas, new(0, width, Height, 0));
        var others = string.Join(", ", Fonts.Where(name => name != font).Prepend(font).Append("sans-serif"));
        var svg = Encoding.UTF8.GetString(stream.ToArray())
            .Replace($"font-family=\"{font}\"", $"font-family=\"{others}\"", StringComparison.Ordinal)
            // SkiaSharp ends lists by a comma, which SVG does not allow.
            .Replace(", \"", "\"", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(svg);
    }

    private static string Font()
    {
        // Without fonts, SkiaSharp has a family without letters.
        var families = SKFontManager.Default.FontFamilies.Where(HasLetters).ToList();
        return Fonts.FirstOrDefault(families.Contains) ?? families.FirstOrDefault() ?? throw new UsageException(
            "This machine has no font to write a plot's text with. Install one, such as the package fonts-dejavu-core, or plot elsewhere: " +
            "write the rows by --csv, and draw them by 'fusion bench allreduce --from ROWS --plot FILE'.");
    }

    private static bool HasLetters(string family)
    {
        using var typeface = SKTypeface.FromFamilyName(family);
        return typeface?.ContainsGlyphs("µ4") == true;
    }

    private static Multiplot Plots(IReadOnlyList<PlotColumn> columns, string font)
    {
        var multiplot = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Grid(2, columns.Count) };
        multiplot.AddPlots(2 * columns.Count);
        // Two columns can be compared where their axes are the same.
        var points = columns.SelectMany(column => column.Lines).SelectMany(line => line.Points).ToList();
        var sizes = (From: points.Min(point => point.Bytes), To: points.Max(point => point.Bytes));
        var times = (From: points.Min(point => point.Microseconds), To: points.Max(point => point.Microseconds));
        var rate = columns.Max(column => column.Lines.Max(line => line.Points.Max(point => point.GigabytesPerSecond(column.Ranks))));
        for (var i = 0; i < columns.Count; i++)
        {
            var (above, below) = (multiplot.GetPlot(i), multiplot.GetPlot(columns.Count + i));
            Draw(above, columns[i], point => Math.Log10(point.Microseconds));
            Draw(below, columns[i], point => point.GigabytesPerSecond(columns[i].Ranks));
            above.Title(columns[i].Title, 15);
            above.YLabel("µs a call", LabelSize);
            below.YLabel("GB/s that a rank must send", LabelSize);
            below.XLabel("bytes of a rank's input", LabelSize);
            PlotAxes.Sizes(above, sizes.From, sizes.To);
            PlotAxes.Sizes(below, sizes.From, sizes.To);
            PlotAxes.Times(above, times.From, times.To);
            PlotAxes.Rates(below, rate);
            below.HideLegend();
            above.ShowLegend(Alignment.UpperLeft);
            above.Legend.FontSize = 12;
            above.Legend.ShadowColor = Colors.Transparent;
            above.Legend.OutlineColor = Color.FromHex("#d0d0d0");
            foreach (var plot in new[] { above, below }) plot.Font.Set(font);
        }

        return multiplot;
    }

    private static void Draw(Plot plot, PlotColumn column, Func<PlotPoint, double> y)
    {
        var (peers, strategies) = (0, 0);
        foreach (var line in column.Lines)
        {
            var scatter = plot.Add.Scatter(line.Points.Select(point => Math.Log2(point.Bytes)).ToArray(), line.Points.Select(y).ToArray());
            scatter.LegendText = line.Name;
            scatter.MarkerSize = line.Role == PlotRole.Floor ? 0 : 6;
            // SkiaSharp writes no dashed lines into an SVG.
            scatter.MarkerShape = line.Role == PlotRole.Strategy ? MarkerShape.OpenCircle : MarkerShape.FilledCircle;
            scatter.LineWidth = line.Role == PlotRole.Choice ? 3 : 1.5f;
            scatter.Color = Color.FromHex(line.Role switch
            {
                PlotRole.Choice => "#0b3d91",
                PlotRole.Floor => "#999999",
                PlotRole.Strategy => StrategyColors[strategies++ % StrategyColors.Length],
                _ => PeerColors[peers++ % PeerColors.Length],
            });
        }
    }
}
