using static Fusion.Runtime.Tests.Calls.CallSamples;

namespace Fusion.Runtime.Tests.Calls;

public sealed class MemoryOfACall
{
    private static readonly (string Parameter, ulong Address)[] Tensors =
    [
        ("Input", Step), ("Residual", 2 * Step), ("Norm.Gamma", 3 * Step), ("Norm.Beta", 4 * Step),
        ("Quantization.Scale", (5 * Step) + 4), ("AllReduceOut", 6 * Step), ("ResidualOut", 7 * Step), ("NormOut", 8 * Step),
        ("QuantOut", 9 * Step), ("ScaleOut", 10 * Step),
    ];

    [Test]
    public void EveryTensorMustBeOnTheRanksGpu([ValueSource(nameof(Tensors))] (string Parameter, ulong Address) tensor)
    {
        foreach (var (place, words) in new[]
        {
            (new MemoryPlace(MemoryKind.Device, 1), "memory of GPU 1"),
            (new MemoryPlace(MemoryKind.Host, 0), "pinned memory of the host"),
            (new MemoryPlace(MemoryKind.Unknown, 0), "memory of the host, or freed"),
        })
        {
            var inspector = new Inspector(new(MemoryKind.Device, 0));
            inspector.Places[tensor.Address] = place;
            var error = Assert.Throws<FusionArgumentException>(() => CallValidation.Check(Call, Operation, inspector));
            Assert.That(error!.ParamName, Is.EqualTo(tensor.Parameter));
            Assert.That(error.Message, Does.StartWith($"FUSION3005: {tensor.Parameter} of the all-reduce is at 0x{tensor.Address:x}, ")
                .And.Contain(words).And.Contain("allowed is memory of GPU 0"));
        }
    }

    private static IEnumerable<TestCaseData> Overlaps =>
    [
        Overlap("AllReduceOut", "Input", Call with { AllReduceOut = Matrix(1) with { Address = Step + 128 } }),
        Overlap("AllReduceOut", "Input", Call with { Input = Matrix(6) with { Address = (6 * Step) + 16 } }),
        Overlap("NormOut", "Residual", Call with { NormOut = Matrix(2) with { Address = (2 * Step) + (5 * Hidden * 2) } }),
        Overlap("AllReduceOut", "ResidualOut", Call with { ResidualOut = Call.AllReduceOut }),
        Overlap("AllReduceOut", "ResidualOut", Call with { AllReduceOut = Call.Input, ResidualOut = Call.Input }),
        Overlap("ResidualOut", "NormOut", Call with { ResidualOut = Call.Residual, NormOut = Call.Residual }),
        Overlap("NormOut", "Norm.Gamma", Call with { Norm = Call.Norm with { Gamma = Vector(8) } }),
        Overlap("ResidualOut", "Norm.Beta", Call with { Norm = Call.Norm with { Beta = Vector(7) } }),
        Overlap("QuantOut", "Input", Call with { QuantOut = Matrix(1, ElementType.Float4E2M1) }),
        Overlap("ScaleOut", "Quantization.Scale", Call with { Quantization = Quantization.NvFp4(Scalar(10)) }),
        Overlap("QuantOut", "ScaleOut", Call with { ScaleOut = Scales(ElementType.Float8E4M3, 512) with { Address = 9 * Step } }),
        Overlap("AllReduceOut", "ScaleOut", Call with { ScaleOut = Scales(ElementType.Float8E4M3, 512) with { Address = (6 * Step) - 511 + 3 } }),
    ];

    [TestCaseSource(nameof(Overlaps))]
    public void OutputsThatOverlapAreRefused(AllReduceCall call, string output, string other)
    {
        var error = Assert.Throws<FusionArgumentException>(() => CallValidation.Check(call, Operation));
        Assert.That(error!.ParamName, Is.EqualTo(output), error.Message);
        Assert.That(error.Message, Does.StartWith($"FUSION3006: {output} and {other} of the all-reduce share the memory from 0x"));
    }

    private static TestCaseData Overlap(string output, string other, AllReduceCall call) =>
        new TestCaseData(call, output, other).SetArgDisplayNames($"{output} over {other}, {call.GetHashCode():x}");
}
