using static Fusion.Runtime.Tests.Calls.CallSamples;

namespace Fusion.Runtime.Tests.Calls;

public sealed class CallsThatAreRight
{
    private const ElementType E4M3 = ElementType.Float8E4M3;

    private static IEnumerable<TestCaseData> Right =>
    [
        Case("everything", Call),
        Case("the sum alone", new() { Input = Matrix(1), AllReduceOut = Matrix(2) }),
        Case("no residual, but its output", new() { Input = Matrix(1), ResidualOut = Matrix(2) }),
        Case("the most tokens", new() { Input = Matrix(1) with { Rows = 8 }, AllReduceOut = Matrix(2) with { Rows = 8 } }),
        Case("in place", Call with { AllReduceOut = Call.Input, ResidualOut = Call.Residual }),
        Case("the norm over the input", Call with { NormOut = Call.Input }),
        Case("the norm over the residual", Call with { NormOut = Call.Residual }),
        Case("the sum over the residual", Call with { AllReduceOut = Call.Residual }),
        Case("input and residual are one", Call with { Residual = Call.Input }),
        Case("neighbours that touch", Call with { AllReduceOut = Call.Input with { Address = Step + (Tokens * Hidden * 2) } }),
        Case("a standing gamma", Call with { Norm = Normalization.Rms(new(3 * Step, BF16, Hidden, 1), 0) }),
        Case("quantization without a norm", Call with { Norm = default, NormOut = null }),
        Case("static FP8", With(Quantization.StaticFp8(Scalar(5)), E4M3, null)),
        Case("FP8 per token", With(Quantization.PerTokenFp8(), E4M3, Scales(ElementType.Float32, 6))),
        Case("FP8 per group", With(Quantization.PerGroupFp8(32), E4M3, Scales(ElementType.Float32, 12))),
        Case("more scales than needed", With(Quantization.PerGroupFp8(8, ElementType.Float8UE8M0), E4M3,
            Scales(ElementType.Float8UE8M0, 99))),
        Case("MXFP8", With(Quantization.MxFp8(ScaleLayout.Swizzled8x4), E4M3, Scales(ElementType.Float8UE8M0, 32))),
        Case("NVFP4, linear", With(Quantization.NvFp4(Scalar(5), ScaleLayout.Linear), ElementType.Float4E2M1, Scales(E4M3, 24))),
    ];

    [TestCaseSource(nameof(Right))]
    public void Pass(AllReduceCall call)
    {
        Assert.That(() => CallValidation.Check(call, Operation), Throws.Nothing);
        Assert.That(() => CallValidation.Check(call, Operation, new Inspector(new(MemoryKind.Device, 3)), 3), Throws.Nothing);
        Assert.That(() => CallValidation.Check(call, Operation, new Inspector(new(MemoryKind.Managed, 0)), 3), Throws.Nothing);
    }

    [TestCaseSource(nameof(Right))]
    public void AllocateNothing(AllReduceCall call)
    {
        var inspector = new Inspector(new(MemoryKind.Device, 0));
        CallValidation.Check(call, Operation, inspector);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) CallValidation.Check(call, Operation, inspector);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static TestCaseData Case(string name, AllReduceCall call) => new TestCaseData(call).SetArgDisplayNames(name);
}

internal sealed class Inspector(MemoryPlace everywhere) : IMemoryInspector
{
    public Dictionary<ulong, MemoryPlace> Places { get; } = [];

    public MemoryPlace Inspect(ulong address) => Places.Count > 0 && Places.TryGetValue(address, out var place) ? place : everywhere;
}
