namespace Llama.Gpu.Steps;

/// <summary>Where things lie among the integers by which the host tells kernels of a step. The places do not depend on the step, so
/// that recorded kernels find them.</summary>
/// <param name="MaxRows">Most rows of a step: tokens, and rows that pad.</param>
/// <param name="MaxSequences">Most sequences of a step, and most rows that are the only ones of their sequence.</param>
/// <param name="MaxContext">Most tokens of a sequence.</param>
internal sealed record StepLayout(int MaxRows, int MaxSequences, int MaxContext)
{
    /// <summary>Number of tokens of a page, as <c>paged_cache.cuh</c> has it.</summary>
    public const int PageSize = 16;

    /// <summary>Most queries of a tile of prefill, as <c>attention_prefill.cuh</c> has it.</summary>
    public const int Tile = 64;

    /// <summary>Number of integers of a tile: slot of the sequence, first row, rows, and one that is not used.</summary>
    public const int IntegersOfTile = 4;

    /// <summary>Place of the number of rows of decode.</summary>
    public const int Decodes = 0;

    /// <summary>Place of the tiles of prefill.</summary>
    public const int Tiles = 4;

    /// <summary>Most pages of a sequence.</summary>
    public int PagesPerSequence => (MaxContext + PageSize - 1) / PageSize;

    /// <summary>Place of the tokens, positions and sequences of the rows, <see cref="MaxRows"/> each, and behind them of the numbers of
    /// rows behind which a token is chosen.</summary>
    public int Rows => Tiles + (TilesOf(MaxRows) * IntegersOfTile);

    /// <summary>Place of the pages of each sequence.</summary>
    public int Tables => Rows + (3 * MaxRows) + MaxSequences;

    /// <summary>Number of integers.</summary>
    public int Length => checked(Tables + (MaxSequences * PagesPerSequence));

    /// <summary>Most tiles that a step of so many rows has.</summary>
    public int TilesOf(int rows) => (rows / Tile) + Math.Min(MaxSequences, rows);
}
