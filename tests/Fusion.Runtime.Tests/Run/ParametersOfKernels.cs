using System.Runtime.CompilerServices;

namespace Fusion.Runtime.Tests.Run;

public sealed class ParametersOfKernels
{
    [Test]
    public void HaveTheSizeThatTheHeaderAsserts() =>
        Assert.That(Unsafe.SizeOf<AllReduceParameters>(), Is.EqualTo(128 + (15 * 8) + (14 * 4)));

    [Test]
    public void OfCollectivesHaveTheSizeThatTheHeaderAsserts() =>
        Assert.That(Unsafe.SizeOf<CollectiveParameters>(), Is.EqualTo(128 + (11 * 8) + (4 * 4)));

    [Test]
    public void SayWhatACallHasAndZeroForTheRest()
    {
        var parameters = default(AllReduceParameters);
        ParameterFill.Fill(ref parameters, new AllReduceCall
        {
            Input = new(16, ElementType.BFloat16, 3, 64),
            Residual = new(32, ElementType.BFloat16, 3, 64),
            Norm = Normalization.Layer(DeviceTensor.Vector(48, ElementType.BFloat16, 64), null, 0.5f),
            Quantization = Quantization.PerGroupFp8(64, ElementType.Float8UE8M0),
            QuantOut = new(64, ElementType.Float8E4M3, 3, 64),
            ScaleOut = new(80, ElementType.Float8UE8M0, 3, 1),
        });

        Assert.That((parameters.Input, parameters.Residual, parameters.Gamma, parameters.QuantOut, parameters.ScaleOut),
            Is.EqualTo((16UL, 32UL, 48UL, 64UL, 80UL)));
        Assert.That((parameters.AllReduceOut, parameters.ResidualOut, parameters.Beta, parameters.NormOut, parameters.QuantScale),
            Is.EqualTo((0UL, 0UL, 0UL, 0UL, 0UL)));
        Assert.That((parameters.Tokens, parameters.Norm, parameters.Quantization, parameters.GroupSize),
            Is.EqualTo((3, 3, 3, 64)));
        Assert.That((parameters.GroupScaleIsUe8m0, parameters.Epsilon), Is.EqualTo((1, 0.5f)));
    }
}
