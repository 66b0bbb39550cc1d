using Llama.Model.Running;

namespace Llama.Gpu.Steps;

/// <summary>A step as kernels do it: tokens that are alone in their sequence's part come first and are decoded, the others behind them
/// are prefilled in tiles.</summary>
internal sealed class StepPlan
{
    private readonly IReadOnlyList<StepPart> parts;
    private readonly StepPlan? before;
    private readonly int[] order;
    // Of each part, the place of its token among those that are chosen; -1 if none is.
    private readonly int[] choiceOf;

    /// <param name="parts">Parts of the step.</param>
    /// <param name="before">The step before, whose tokens parts may follow; null if there is none.</param>
    public StepPlan(IReadOnlyList<StepPart> parts, StepPlan? before = null)
    {
        (this.parts, this.before) = (parts, before);
        order = [.. Enumerable.Range(0, parts.Count).OrderBy(part => parts[part].Tokens.Count > 1)];
        Decodes = parts.Count(part => part.Tokens.Count == 1);
        Tokens = parts.Sum(part => part.Tokens.Count);
        var row = 0;
        var choosing = new List<(int Part, int Row)>();
        choiceOf = new int[parts.Count];
        Array.Fill(choiceOf, -1);
        foreach (var part in order)
        {
            row += parts[part].Tokens.Count;
            if (parts[part].Choice is null) continue;
            choiceOf[part] = choosing.Count;
            choosing.Add((part, row - 1));
        }

        Choosing = choosing;
    }

    /// <summary>Parts of the step.</summary>
    public IReadOnlyList<StepPart> Parts => parts;

    /// <summary>Number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Number of rows of decode.</summary>
    public int Decodes { get; }

    /// <summary>Whether the step is decode alone.</summary>
    public bool IsDecode => Decodes == Tokens;

    /// <summary>Parts for which a token is chosen, and the row of the last token of each.</summary>
    public IReadOnlyList<(int Part, int Row)> Choosing { get; }

    /// <summary>Writes the step.</summary>
    /// <param name="to">Integers that kernels read.</param>
    /// <param name="layout">Where things lie in them.</param>
    /// <param name="rows">Number of rows of the step, of which those behind the tokens pad.</param>
    /// <param name="chosen">Number of rows of the projection to the vocabulary, of which those behind <see cref="Choosing"/> pad.</param>
    /// <returns>Number of integers from the start that kernels may read.</returns>
    public int Write(Span<int> to, StepLayout layout, int rows, int chosen)
    {
        to[StepLayout.Decodes] = Decodes;
        var tiles = to.Slice(StepLayout.Tiles, layout.TilesOf(rows) * StepLayout.IntegersOfTile);
        tiles.Clear();
        var tokens = to.Slice(layout.Rows, rows);
        var positions = to.Slice(layout.Rows + layout.MaxRows, rows);
        var sequences = to.Slice(layout.Rows + (2 * layout.MaxRows), rows);
        var row = 0;
        for (var slot = 0; slot < order.Length; slot++)
        {
            var part = parts[order[slot]];
            if (part.Tokens.Count > 1) tiles = AddTiles(tiles, slot, row, part.Tokens.Count);
            for (var i = 0; i < part.Tokens.Count; i++, row++)
                (tokens[row], positions[row], sequences[row]) = (TokenOf(part, i), part.First + i, slot);
            var table = to.Slice(layout.Tables + (slot * layout.PagesPerSequence), layout.PagesPerSequence);
            for (var page = 0; page < Math.Min(part.Pages.Count, table.Length); page++) table[page] = part.Pages[page];
        }

        // Of no vocabulary, and of no sequence.
        tokens[row..].Fill(-1);
        positions[row..].Clear();
        sequences[row..].Fill(-1);
        var choosing = to.Slice(layout.Rows + (3 * layout.MaxRows), chosen);
        choosing.Fill(-1);
        for (var i = 0; i < Choosing.Count; i++) choosing[i] = Choosing[i].Row;
        return layout.Tables + (order.Length * layout.PagesPerSequence);
    }

    // One that the host does not know is said as spread_step has it.
    private int TokenOf(StepPart part, int i) =>
        part.Follows is { } followed ? -2 - before!.choiceOf[followed] : part.Tokens[i];

    private static Span<int> AddTiles(Span<int> tiles, int slot, int row, int count)
    {
        for (var first = 0; first < count; first += StepLayout.Tile, tiles = tiles[StepLayout.IntegersOfTile..])
            (tiles[0], tiles[1], tiles[2]) = (slot, row + first, Math.Min(StepLayout.Tile, count - first));
        return tiles;
    }
}
