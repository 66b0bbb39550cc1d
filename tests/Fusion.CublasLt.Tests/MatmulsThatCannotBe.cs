using Fusion.CublasLt.Tests.Support;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>Calls that <see cref="Matmul"/> refuses before anything is launched.</summary>
public sealed class MatmulsThatCannotBe : MatmulTest
{
    private static readonly DeviceTensor Nothing = new(0, ElementType.Float32, 1, 1);

    private static IEnumerable<TestCaseData> Wrong()
    {
        yield return Case("Input", c => c with { Input = c.Input with { Type = ElementType.Float32 } }, "[4, 128] of f32; allowed is bf16, f16 or e4m3");
        yield return Case("Input", c => c with { Input = c.Input with { Rows = 0 } }, "[0, 128] of e4m3");
        yield return Case("Weight", c => c with { Weight = c.Weight with { Columns = 64 } }, "[32, 64] of e4m3; allowed is [N, 128] of e4m3");
        yield return Case("Weight", c => c with { Weight = c.Weight with { Type = ElementType.BFloat16 } }, "[32, 128] of bf16");
        yield return Case("Weight", c => c with { Weight = c.Weight with { Rows = 24 } }, "a multiple of 16 rows of e4m3");
        yield return Case("Input", c => c with { Input = c.Input with { Columns = 120 }, Weight = c.Weight with { Columns = 120 } }, "a multiple of 16 columns");
        yield return Case("Output", c => c with { Output = c.Output with { Rows = 3 } }, "[3, 32] of bf16; allowed is [4, 32]");
        yield return Case("Output", c => c with { Output = c.Output with { Type = ElementType.Float8E4M3 } }, "bf16, f16 or f32");
        yield return Case("Output", c => c with { Output = c.Output with { Address = c.Input.Address } }, "overlaps Input");
        yield return Case("Output", c => c with { Output = c.Output with { Address = c.Output.Address + 8 } }, "a multiple of 16");
        yield return Case("Bias", c => c with { Bias = c.Input with { Type = ElementType.Float32, Rows = 1, Columns = 32 } }, "[1, 32] of bf16");
        yield return Case("InputScale", c => c with { InputScale = Nothing with { Columns = 4 } }, "[1, 1] of f32");
        yield return Case("InputScale", c => c with { InputScale = Nothing }, "at 0x0");
        yield return Case("WeightScale", c => c with { Scaling = MatmulScaling.Row, InputScale = Nothing with { Columns = 4 } }, "is null");
        yield return Case("InputScale", c => c with { Scaling = MatmulScaling.Block128, InputScale = Nothing with { Columns = 5 } }, "[1, 4] of f32");
        yield return Case("FastAccumulation", c => c with { Scaling = MatmulScaling.Block128, FastAccumulation = true }, "false, with scales by block");
        yield return Case("Alpha", c => c with { Alpha = float.NaN }, "a finite number");
    }

    [TestCaseSource(nameof(Wrong))]
    public void BecauseATensorDoesNotFitNameIt(string parameter, Func<MatmulCall, MatmulCall> change, string text)
    {
        var matmul = Make();
        var call = change(Call(4, 32, 128, ElementType.Float8E4M3, ElementType.BFloat16));

        Assert.That(() => matmul.Launch(Stream, call), Throws.TypeOf<FusionArgumentException>()
            .With.Property("Code").EqualTo("FUSION2021").And.Property("ParamName").EqualTo(parameter).And.Message.Contain(text));
        Assert.That(() => matmul.Prepare(call), Throws.TypeOf<FusionArgumentException>());
        Assert.That(FakeCublasLt.Searches, Is.Zero);
    }

    [TestCase(ElementType.BFloat16, ElementType.Float16)]
    [TestCase(ElementType.Float16, ElementType.BFloat16)]
    public void BecauseNoOutputOfThatTypeIsThere(ElementType type, ElementType output) =>
        Assert.That(() => Make().Launch(Stream, Call(4, 32, 128, type, output)),
            Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo("Output"));

    [Test]
    public void BecauseScalesAreOfFp8Alone()
    {
        var call = Call(4, 32, 128, ElementType.BFloat16, ElementType.BFloat16);
        Assert.That(() => Make().Launch(Stream, call with { InputScale = Tensor(ElementType.Float32, 1, 1) }),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("null, but for e4m3"));
        Assert.That(() => Make().Launch(Stream, call with { Scaling = MatmulScaling.Row }),
            Throws.TypeOf<FusionArgumentException>().With.Message.Contain("no scales, but for e4m3"));
    }

    [Test]
    public void BecauseMemoryIsTheHosts()
    {
        var call = Call(4, 32, 128, ElementType.BFloat16, ElementType.BFloat16);
        var host = Made(new PinnedBuffer<byte>(4096, Context));
        unsafe
        {
            fixed (byte* p = host.Span)
            {
                var address = (ulong)p;
                Assert.That(() => Make().Launch(Stream, call with { Output = call.Output with { Address = address } }),
                    Throws.TypeOf<FusionArgumentException>().With.Message.Contain("memory of GPU 0"));
            }
        }
    }

    [TestCase(MatmulScaling.Tensor, "11.10.3", "needed is 11.11 or newer")]
    [TestCase(MatmulScaling.Row, "12.8.4", "cuBLASLt is 12.8.4; needed is 12.9 or newer")]
    [TestCase(MatmulScaling.Block128, "12.4.5", "needed is 12.9 or newer")]
    public void BecauseTheVersionIsTooOldNameTheOneThatIsNeeded(MatmulScaling scaling, string version, string text)
    {
        var call = Call(4, 32, 128, ElementType.Float8E4M3, ElementType.BFloat16) with
        {
            Scaling = scaling,
            InputScale = scaling == MatmulScaling.Tensor ? null : Tensor(ElementType.Float32, 1, 4),
            WeightScale = scaling == MatmulScaling.Tensor ? null : Tensor(ElementType.Float32, 1, scaling == MatmulScaling.Row ? 32 : 4),
        };
        Assert.That(() => Make(version: version).Launch(Stream, call), Throws.TypeOf<CublasLtException>()
            .With.Property("Code").EqualTo("FUSION2022").And.Message.Contain(text).And.Message.Contain("[4, 128] and [32, 128] of e4m3 to bf16"));
    }

    [Test]
    public void BecauseNoAlgorithmIsFoundNameShapeVersionAndGpu()
    {
        var matmul = Make();
        FakeCublasLt.Found = 0;
        Assert.That(() => matmul.Launch(Stream, Call(4, 32, 128, ElementType.Float16, ElementType.Float32)), Throws.TypeOf<CublasLtException>()
            .With.Property("Code").EqualTo("FUSION2022").And.Message.Contain("[4, 128] and [32, 128] of f16 to f32").And.Message.Contain("12.9.1")
            .And.Message.Contain("GPU 0"));
        FakeCublasLt.Found = 1;
        Assert.That(() => matmul.Launch(Stream, Call(4, 32, 128, ElementType.Float16, ElementType.Float32)), Throws.Nothing);
    }

    [Test]
    public void BecauseAnOptionIsWrong()
    {
        Assert.That(() => Make(new() { WorkspaceBytes = -1 }), Throws.TypeOf<FusionArgumentException>().With.Property("Code").EqualTo("FUSION2021"));
        Assert.That(() => Make(new() { RememberedShapes = 0 }), Throws.TypeOf<FusionArgumentException>().With.Property("ParamName").EqualTo("RememberedShapes"));
    }

    private static TestCaseData Case(string parameter, Func<MatmulCall, MatmulCall> change, string text) =>
        new TestCaseData(parameter, change, text).SetArgDisplayNames(parameter, text);
}

/// <summary>FP8 on a GPU that has none.</summary>
public sealed class MatmulsOfFp8BeforeAda : MatmulTest
{
    private protected override Version Capability => new(8, 6);

    [Test]
    public void AreRefusedWithTheGpu() => Assert.That(
        () => Make().Launch(Stream, Call(4, 32, 128, ElementType.Float8E4M3, ElementType.BFloat16)),
        Throws.TypeOf<CublasLtException>().With.Property("Code").EqualTo("FUSION2022").And.Message.Contain("8.9"));

    [Test]
    public void LeaveBf16Alone() => Assert.That(
        () => Make().Launch(Stream, Call(4, 32, 128, ElementType.BFloat16, ElementType.BFloat16)), Throws.Nothing);
}
