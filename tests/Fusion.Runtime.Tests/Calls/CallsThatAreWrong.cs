using static Fusion.Runtime.Tests.Calls.CallSamples;

namespace Fusion.Runtime.Tests.Calls;

public sealed class CallsThatAreWrong
{
    private const ElementType E4M3 = ElementType.Float8E4M3;

    private static IEnumerable<TestCaseData> Wrong =>
    [
        Case("Input", "null", Call with { Input = default }),
        Case("Residual", "null", Call with { Residual = Matrix(0) }),
        Case("AllReduceOut", "null", Call with { AllReduceOut = Matrix(0) }),
        Case("Norm.Gamma", "null", Call with { Norm = Call.Norm with { Gamma = null } }),
        Case("Norm.Gamma", "null", Call with { Norm = Call.Norm with { Gamma = Vector(0) } }),
        Case("Quantization.Scale", "null", Call with { Quantization = Call.Quantization with { Scale = null } }),
        Case("Quantization.Scale", "null", With(Quantization.StaticFp8(default), E4M3, null)),
        Case("QuantOut", "null", Call with { QuantOut = null }),
        Case("ScaleOut", "null", Call with { ScaleOut = null }),

        Case("Input", "at 0x100008", Call with { Input = Matrix(1) with { Address = Step + 8 } }),
        Case("NormOut", "at 0x800002", Call with { NormOut = Matrix(8) with { Address = (8 * Step) + 2 } }),
        Case("Norm.Beta", "at 0x400008", Call with { Norm = Call.Norm with { Beta = Vector(4) with { Address = (4 * Step) + 8 } } }),
        Case("ScaleOut", "at 0xa00002", Call with { ScaleOut = Scales(E4M3, 512) with { Address = (10 * Step) + 2 } }),
        Case("Quantization.Scale", "at 0x500001",
            Call with { Quantization = Quantization.NvFp4(Scalar(5) with { Address = (5 * Step) + 1 }) }),

        Case("Input", "a tensor of 0 tokens", Call with { Input = Matrix(1) with { Rows = 0 } }),
        Case("Input", "a tensor of -1 tokens", Call with { Input = Matrix(1) with { Rows = -1 } }),
        Case("Input", "[6, 72] of bf16", Call with { Input = Matrix(1) with { Columns = 72 } }),
        Case("Input", "[6, -64] of bf16", Call with { Input = Matrix(1) with { Columns = -64 } }),
        Case("Input", "of type f16", Call with { Input = Matrix(1, ElementType.Float16) }),
        Case("Residual", "of type f32", Call with { Residual = Matrix(2, ElementType.Float32) }),
        Case("Residual", "[5, 64] of bf16", Call with { Residual = Matrix(2) with { Rows = 5 } }),
        Case("ResidualOut", "[7, 64] of bf16", Call with { ResidualOut = Matrix(7) with { Rows = 7 } }),
        Case("NormOut", "of type e4m3", Call with { NormOut = Matrix(8, E4M3) }),
        Case("Norm.Gamma", "[1, 63] of bf16", Call with { Norm = Call.Norm with { Gamma = Vector(3) with { Columns = 63 } } }),
        Case("Norm.Gamma", "[2, 32] of bf16", Call with { Norm = Call.Norm with { Gamma = new(3 * Step, BF16, 2, 32) } }),
        Case("Norm.Gamma", "[-1, -64] of bf16", Call with { Norm = Call.Norm with { Gamma = new(Step, BF16, -1, -64) } }),
        Case("Norm.Beta", "of type f32", Call with { Norm = Call.Norm with { Beta = Vector(4) with { Type = ElementType.Float32 } } }),
        Case("QuantOut", "of type e4m3", Call with { QuantOut = Matrix(9, E4M3) }),
        Case("QuantOut", "[6, 32] of e2m1", Call with { QuantOut = Matrix(9, ElementType.Float4E2M1) with { Columns = 32 } }),
        Case("Quantization.Scale", "of type bf16",
            Call with { Quantization = Quantization.NvFp4(Scalar(5) with { Type = BF16 }) }),
        Case("Quantization.Scale", "[1, 2] of f32",
            Call with { Quantization = Quantization.NvFp4(Scalar(5) with { Columns = 2 }) }),

        Case("ScaleOut", "[1, 511] of e4m3, 511 elements", Call with { ScaleOut = Scales(E4M3, 511) }),
        Case("ScaleOut", "[1, 31] of ue8m0, 31 elements",
            With(Quantization.MxFp8(ScaleLayout.Swizzled8x4), E4M3, Scales(ElementType.Float8UE8M0, 31))),
        Case("ScaleOut", "[1, 5] of f32, 5 elements", With(Quantization.PerTokenFp8(), E4M3, Scales(ElementType.Float32, 5))),
        Case("ScaleOut", "of type f32", With(Quantization.PerGroupFp8(32, ElementType.Float8UE8M0), E4M3, Scales(ElementType.Float32, 12))),
        Case("ScaleOut", "given for StaticFp8", With(Quantization.StaticFp8(Scalar(5)), E4M3, Scales(ElementType.Float32, 1))),
        Case("Quantization.Scale", "given for PerTokenFp8",
            With(Quantization.PerTokenFp8() with { Scale = Scalar(5) }, E4M3, Scales(ElementType.Float32, 6))),
        Case("Quantization.GroupSize", "24", With(Quantization.PerGroupFp8(24), E4M3, Scales(ElementType.Float32, 99))),
        Case("Quantization.GroupSize", "0", With(Quantization.PerGroupFp8(0), E4M3, Scales(ElementType.Float32, 99))),
        Case("Quantization.GroupScaleType", "bf16", With(Quantization.PerGroupFp8(32, BF16), E4M3, Scales(ElementType.Float32, 99))),
        Case("Quantization.Kind", "9", Call with { Quantization = new() { Kind = (QuantizationKind)9 } }),
        Case("Quantization.Layout", "7", Call with { Quantization = Quantization.NvFp4(Scalar(5), (ScaleLayout)7) }),

        Case("Norm.Epsilon", "NaN", Call with { Norm = Call.Norm with { Epsilon = float.NaN } }),
        Case("Norm.Epsilon", "-1E-06", Call with { Norm = Call.Norm with { Epsilon = -1e-6f } }),
        Case("Norm.Epsilon", "Infinity", Call with { Norm = Call.Norm with { Epsilon = float.PositiveInfinity } }),
        Case("Norm.WeightBias", "NaN", Call with { Norm = Call.Norm with { WeightBias = float.NaN } }),
        Case("Norm.Kind", "4", Call with { Norm = Call.Norm with { Kind = (NormKind)4 } }),
        Case("Norm.Beta", "given for Rms", Call with { Norm = Normalization.Rms(Vector(3), 0) with { Beta = Vector(4) } }),
        Case("Norm.Gamma", "given without a norm", Call with { Norm = new() { Gamma = Vector(3) } }),

        Case("the call", "without an output", new() { Input = Matrix(1) }),
        Case("NormOut", "given without a norm", new() { Input = Matrix(1), NormOut = Matrix(2) }),
        Case("Norm.Kind", "Layer, but nothing takes its result",
            Call with { NormOut = null, Quantization = default, QuantOut = null, ScaleOut = null }),
        Case("QuantOut", "given without a quantization", Call with { Quantization = default }),
        Case("ScaleOut", "given without a quantization", Call with { Quantization = default, QuantOut = null }),
    ];

    [TestCaseSource(nameof(Wrong))]
    public void AreRefusedWithParameterValueAndWhatIsAllowed(AllReduceCall call, string parameter, string value)
    {
        var error = Assert.Throws<FusionArgumentException>(() => CallValidation.Check(call, Operation));
        Assert.That(error!.ParamName, Is.EqualTo(parameter), error.Message);
        Assert.That(error.Message, Does.StartWith($"FUSION3001: {parameter} of the all-reduce is {value}; allowed is ")
            .And.Match(@"allowed is \S.*\. Nothing was launched\.$"));
    }

    [TestCase(24, QuantizationKind.NvFp4, "a multiple of 16 for NVFP4")]
    [TestCase(48, QuantizationKind.MxFp8, "a multiple of 32 for MXFP8")]
    public void ABlockFormatMustDivideTheHiddenSize(int hidden, QuantizationKind kind, string allowed)
    {
        var input = new DeviceTensor(Step, BF16, 1, hidden);
        var call = new AllReduceCall { Input = input, Quantization = new() { Kind = kind }, AllReduceOut = input };
        Assert.That(
            () => CallValidation.Check(call, WorkspaceLayout.For(2, hidden, BF16, 1, 1)),
            Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo("HiddenSize")
                .And.Message.Contains($"is {hidden}; allowed is {allowed}."));
    }

    [Test]
    public void TooManyTokensSayWhatTheWorkspaceHoldsAndWouldNeed()
    {
        var call = new AllReduceCall { Input = Matrix(1) with { Rows = 9 }, AllReduceOut = Matrix(2) with { Rows = 9 } };
        var error = Assert.Throws<FusionArgumentException>(() => CallValidation.Check(call, Operation));
        // Tokens of 128 bytes: 3 slots of 2 and 8 tokens are 1792 bytes a buffer; 3 slots of 3, rounded up, and 9 are 2432.
        Assert.That(error!.Message, Is.EqualTo(
            "FUSION3002: Input of the all-reduce has 9 tokens; allowed are 1 to 8, which its workspace of 3,840 bytes on each " +
            "rank holds. Make it with AllReduceOptions.MaxTokens = 9, where it would be 5,376. Nothing was launched."));
    }

    [Test]
    public void OnTheCpuThereIsNoWorkspaceToSpeakOf()
    {
        var operation = WorkspaceLayout.For(Requests.Of(maxTokens: 2, hidden: Hidden) with { Topology = GroupTopology.Cpu });
        var error = Assert.Throws<FusionArgumentException>(() => CallValidation.Check(Call, operation));
        Assert.That(error!.Message, Does.Contain("allowed are 1 to 2.").And.Not.Contain("workspace"));
    }

    [Test]
    public void ATensorThatIsLargerThanAnyMemoryDoesNotPassByOverflow()
    {
        var scales = new DeviceTensor(10 * Step, ElementType.Float8E4M3, long.MaxValue, 4);
        Assert.That(() => CallValidation.Check(Call with { ScaleOut = scales }, Operation),
            Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo("ScaleOut"));
    }

    private static TestCaseData Case(string parameter, string value, AllReduceCall call) =>
        new TestCaseData(call, parameter, value).SetArgDisplayNames($"{parameter} is {value}");
}
