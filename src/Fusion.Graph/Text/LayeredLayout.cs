namespace Fusion.Graph;

/// <summary>Places boxes in layers, each box below all that it depends on, in an order with few crossings.</summary>
internal sealed class LayeredLayout
{
    private const int Sweeps = 8;
    private const int HorizontalGap = 24;
    private const int VerticalGap = 44;

    private readonly List<Box> boxes = [];

    /// <summary>Boxes of the layout.</summary>
    public IReadOnlyList<Box> Boxes => boxes;

    /// <summary>Width of the layout.</summary>
    public double Width => boxes.Count == 0 ? 0 : boxes.Max(box => box.X + box.Width);

    /// <summary>Height of the layout.</summary>
    public double Height => boxes.Count == 0 ? 0 : boxes.Max(box => box.Y + box.Height);

    /// <summary>Adds a box.</summary>
    /// <param name="lines">Lines of text in the box.</param>
    /// <param name="kind">Kind of the box, which decides its colour.</param>
    /// <param name="above">Boxes that it depends on.</param>
    public Box Add(IReadOnlyList<string> lines, BoxKind kind, IEnumerable<Box> above)
    {
        var box = new Box(lines, kind, [.. above.Distinct()]);
        box.Layer = box.Above.Count == 0 ? 0 : box.Above.Max(other => other.Layer) + 1;
        boxes.Add(box);
        return box;
    }

    /// <summary>Computes the place of each box.</summary>
    public void Place()
    {
        // An input is placed just above its first reader.
        foreach (var source in boxes.Where(box => box.Above.Count == 0))
        {
            var readers = boxes.Where(box => box.Above.Contains(source)).ToArray();
            if (readers.Length > 0) source.Layer = readers.Min(reader => reader.Layer) - 1;
        }

        var layers = boxes.GroupBy(box => box.Layer).OrderBy(layer => layer.Key).Select(layer => layer.ToList()).ToArray();
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            foreach (var layer in layers) PlaceSideBySide(layer);
            foreach (var layer in sweep % 2 == 0 ? layers : layers.Reverse()) SetWantedPositions(layer);
        }

        var y = 0.0;
        foreach (var layer in layers)
        {
            PlaceSideBySide(layer);
            foreach (var box in layer) box.Y = y;
            y += layer.Max(box => box.Height) + VerticalGap;
        }

        var left = boxes.Min(box => box.X);
        foreach (var box in boxes) box.X -= left;
    }

    // Places the boxes of a layer side by side, in the order of their wanted positions and around a common middle.
    private static void PlaceSideBySide(List<Box> layer)
    {
        layer.Sort((a, b) => a.Wanted.CompareTo(b.Wanted));
        var x = -(layer.Sum(box => box.Width) + (HorizontalGap * (layer.Count - 1))) / 2;
        foreach (var box in layer)
        {
            box.X = x;
            x += box.Width + HorizontalGap;
        }
    }

    private void SetWantedPositions(List<Box> layer)
    {
        foreach (var box in layer)
        {
            var neighbours = box.Above.Concat(boxes.Where(other => other.Above.Contains(box))).ToArray();
            box.Wanted = neighbours.Length == 0 ? box.Middle : neighbours.Average(other => other.Middle);
        }
    }
}

/// <summary>Kind of a box.</summary>
internal enum BoxKind
{
    Value,
    Op,
    Fused,
    AllReduce,
}

/// <summary>A box with lines of text.</summary>
internal sealed class Box(IReadOnlyList<string> lines, BoxKind kind, List<Box> above)
{
    private const double LetterWidth = 7.3;
    private const double LineHeight = 17;
    private const double Margin = 10;

    public IReadOnlyList<string> Lines { get; } = lines;

    public BoxKind Kind { get; } = kind;

    public List<Box> Above { get; } = above;

    public int Layer { get; set; }

    public double X { get; set; }

    public double Y { get; set; }

    public double Wanted { get; set; }

    public double Width { get; } = (lines.Max(line => line.Length) * LetterWidth) + (2 * Margin);

    public double Height { get; } = (lines.Count * LineHeight) + Margin;

    public double Middle => X + (Width / 2);

    /// <summary>Computes the y of a text line's baseline.</summary>
    public double Baseline(int line) => Y + ((line + 1) * LineHeight) + 1;
}
