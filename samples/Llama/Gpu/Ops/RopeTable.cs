using Llama.Model;
using Llama.Model.Reference;

namespace Llama.Gpu.Ops;

/// <summary>Cosines and sines of all angles of RoPE, as the reference computes them: in double, rounded to float once.</summary>
internal static class RopeTable
{
    /// <summary>Computes the table: for each position, each pair's cosine and sine, [positions, head size / 2, 2].</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="positions">Number of positions.</param>
    public static float[] Of(ModelConfig config, int positions)
    {
        var frequencies = new Rope(config).Frequencies;
        var table = new float[checked(positions * frequencies.Count * 2)];
        Parallel.For(0, positions, position =>
        {
            var at = position * frequencies.Count * 2;
            foreach (var frequency in frequencies)
            {
                var (sin, cos) = Math.SinCos(position * frequency);
                (table[at++], table[at++]) = ((float)cos, (float)sin);
            }
        });
        return table;
    }
}
