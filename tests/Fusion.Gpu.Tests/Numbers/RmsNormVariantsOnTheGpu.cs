using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;
using FusionTemplate;

namespace Fusion.Gpu.Tests.Numbers;

public sealed class RmsNormVariantsOnTheGpu : GpuTest
{
    private const float Epsilon = 1e-5f;
    private const float Bias = 1;
    private const int Rows = 5;

    [Test]
    public void ABiasOfTheWeightsAndTheOrderThatRoundsTwiceEqualTheReference([Values(64, 2880, 8192)] int hidden)
    {
        var input = RandomRows.Activations(1, Rows * hidden);
        var gamma = RandomRows.Activations(2, hidden);
        using var deviceInput = new DeviceBuffer<BFloat16>(Context, input);
        using var deviceGamma = new DeviceBuffer<BFloat16>(Context, gamma);
        using var biased = new GuardedBuffer(Context, input.Length);
        using var roundedTwice = new GuardedBuffer(Context, input.Length);

        Run("rms_norm_variants", new(Rows, 256),
            biased.Start, roundedTwice.Start, deviceInput, deviceGamma, hidden, Epsilon, Bias);

        Bits.MustBeEqual(biased.Read(), RmsNormReference.Run(input, gamma, Epsilon, Bias));
        Bits.MustBeEqual(roundedTwice.Read(), RoundedTwice(input, gamma));
    }

    private static BFloat16[] RoundedTwice(BFloat16[] input, BFloat16[] gamma)
    {
        var output = new BFloat16[input.Length];
        foreach (var start in Enumerable.Range(0, input.Length / gamma.Length).Select(row => row * gamma.Length))
        {
            var squares = RmsNormReference.SumOfSquares(input.AsSpan(start, gamma.Length));
            var rstd = RmsNormReference.ReciprocalRoot((squares / gamma.Length) + Epsilon);
            for (var i = 0; i < gamma.Length; i++)
            {
                var normalized = (BFloat16)((float)input[start + i] * rstd);
                output[start + i] = (BFloat16)((float)normalized * (float)gamma[i]);
            }
        }

        return output;
    }
}
