using Fusion.Runtime;

namespace Llama.Gpu.Weights;

/// <summary>Codes of FP8 weights that are merged with others and so get another scale, the largest of all: each code becomes the one
/// that is nearest to its number at that scale.</summary>
internal sealed class MergedCodes
{
    private readonly byte[] codes = new byte[256];

    private MergedCodes(double factor)
    {
        for (var code = 0; code < codes.Length; code++)
            codes[code] = ((Float8E4M3)(float)((float)Float8E4M3.FromBits((byte)code) * factor)).Bits;
    }

    /// <summary>Makes the table of a projection's weight; null if its codes stay.</summary>
    /// <param name="weight">Name of the projection's weight.</param>
    /// <param name="all">Names of the weights that are merged.</param>
    /// <param name="scaleOf">Function that reads a scale by its name.</param>
    public static MergedCodes? Of(string weight, string[] all, Func<string, float> scaleOf)
    {
        var (own, largest) = (scaleOf($"{weight}_scale"), all.Max(one => scaleOf($"{one}_scale")));
        return own == largest ? null : new((double)own / largest);
    }

    /// <summary>Replaces codes.</summary>
    public void Replace(Span<byte> of)
    {
        foreach (ref var code in of) code = codes[code];
    }
}
