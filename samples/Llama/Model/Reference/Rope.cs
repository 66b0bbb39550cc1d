namespace Llama.Model.Reference;

/// <summary>Rotary position embedding: pairs of elements that are half a head apart are turned by an angle that grows with the
/// position.</summary>
public sealed class Rope
{
    private readonly double[] frequencies;

    /// <summary>Computes the frequencies of a model.</summary>
    /// <param name="config">Shape of the model.</param>
    public Rope(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        frequencies = [.. Enumerable.Range(0, config.HeadSize / 2)
            .Select(i => Scaled(Math.Pow(config.RopeBase, -2.0 * i / config.HeadSize), config.RopeScaling))];
    }

    /// <summary>Angle by which each pair is turned from a position to the next, in radians.</summary>
    public IReadOnlyList<double> Frequencies => frequencies;

    /// <summary>Turns a head.</summary>
    /// <param name="head">Elements of the head, which are replaced.</param>
    /// <param name="position">Position of the token.</param>
    public void Turn(Span<float> head, int position)
    {
        var half = frequencies.Length;
        for (var i = 0; i < half; i++)
        {
            var (sin, cos) = Math.SinCos(position * frequencies[i]);
            var (a, b) = (head[i], head[i + half]);
            head[i] = (a * (float)cos) - (b * (float)sin);
            head[i + half] = (b * (float)cos) + (a * (float)sin);
        }
    }

    private static double Scaled(double frequency, RopeScaling? scaling)
    {
        if (scaling is null) return frequency;
        var turns = scaling.OriginalContext * frequency / (2 * Math.PI);
        if (turns < scaling.LowFrequencyFactor) return frequency / scaling.Factor;
        if (turns > scaling.HighFrequencyFactor) return frequency;
        var share = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return ((1 - share) * frequency / scaling.Factor) + (share * frequency);
    }
}
