using Fusion.CublasLt.Tests.Support;
using Fusion.Interop.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>What <see cref="Matmul"/> tells cuBLASLt.</summary>
public sealed class Matmuls : MatmulTest
{
    [Test]
    public void GiveTheWeightAsATransposedAndTheInputAsBOfColumnMajorMatrices()
    {
        var call = Call(3, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        Make().Launch(Stream, call);

        var last = FakeCublasLt.Last;
        Assert.Multiple(() =>
        {
            Assert.That((last.A, last.B, last.C, last.D), Is.EqualTo((call.Weight.Address, call.Input.Address, call.Output.Address, call.Output.Address)));
            Assert.That(Layout(last.ALayout), Is.EqualTo((CudaDataType.Bf16, 64, 32)));
            Assert.That(Layout(last.BLayout), Is.EqualTo((CudaDataType.Bf16, 64, 3)));
            Assert.That(Layout(last.DLayout), Is.EqualTo((CudaDataType.Bf16, 32, 3)));
            Assert.That((last[MatmulProperty.TransposeA], last[MatmulProperty.TransposeB]), Is.EqualTo((1, 0)));
            Assert.That((last.Alpha, last.Beta), Is.EqualTo((1f, 0f)));
            Assert.That(last.Stream, Is.EqualTo(Stream.Handle));
            Assert.That((last.Operation[0], last.Operation[1]), Is.EqualTo((68, 0)), "computes in f32");
        });
    }

    [Test]
    public void GiveBiasAndFactor()
    {
        var call = Call(3, 32, 64, ElementType.Float16, ElementType.Float32) with { Bias = Tensor(ElementType.Float32, 1, 32), Alpha = 0.5f };
        Make().Launch(Stream, call);

        var last = FakeCublasLt.Last;
        Assert.Multiple(() =>
        {
            Assert.That(last[MatmulProperty.Epilogue], Is.EqualTo((ulong)MatmulEpilogue.Bias));
            Assert.That(last[MatmulProperty.BiasPointer], Is.EqualTo(call.Bias!.Value.Address));
            Assert.That(last[MatmulProperty.BiasType], Is.EqualTo((ulong)CudaDataType.F32));
            Assert.That(last.Alpha, Is.EqualTo(0.5f));
        });
    }

    [TestCase(MatmulScaling.Tensor, 0ul, 0ul)]
    [TestCase(MatmulScaling.Row, 3ul, 3ul)]
    [TestCase(MatmulScaling.Block128, 5ul, 4ul)]
    public void GiveTheScalesOfFp8WithTheirKind(MatmulScaling scaling, ulong ofWeight, ulong ofInput)
    {
        var call = Fp8(scaling);
        Make().Launch(Stream, call);

        var last = FakeCublasLt.Last;
        Assert.Multiple(() =>
        {
            Assert.That(last[MatmulProperty.ScaleOfAPointer], Is.EqualTo(call.WeightScale!.Value.Address));
            Assert.That(last[MatmulProperty.ScaleOfBPointer], Is.EqualTo(call.InputScale!.Value.Address));
            Assert.That((last[MatmulProperty.ScaleModeOfA], last[MatmulProperty.ScaleModeOfB]), Is.EqualTo((ofWeight, ofInput)));
            // Versions before 12.8 do not know the property.
            Assert.That(last.Operation.ContainsKey((int)MatmulProperty.ScaleModeOfA), Is.EqualTo(scaling != MatmulScaling.Tensor));
        });
    }

    [Test]
    public void GiveTheAlignmentOfAddressesToTheSearchAndNoMoreThanThat()
    {
        var call = Call(3, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        var wide = Tensor(ElementType.BFloat16, 4, 64);
        Make().Launch(Stream, call with { Input = wide with { Address = wide.Address + 48, Rows = 3 } });

        Assert.That(FakeCublasLt.Preferences, Is.SupersetOf(new Dictionary<int, ulong>
        {
            [(int)PreferenceProperty.WorkspaceBytes] = 4096,
            [(int)PreferenceProperty.AlignmentOfA] = 256,
            [(int)PreferenceProperty.AlignmentOfB] = 16,
            [(int)PreferenceProperty.AlignmentOfD] = 256,
        }));
    }

    [Test]
    public void SearchOnceForAShapeAndAllocateNothingThen()
    {
        var matmul = Make();
        var one = Call(3, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        var other = Call(3, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        for (var i = 0; i < 50; i++) matmul.Launch(Stream, one);
        var before = GC.GetAllocatedBytesForCurrentThread();
        matmul.Launch(Stream, other);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // The emulated driver allocates when it is asked what an address is, as it is for each tensor.
        before = GC.GetAllocatedBytesForCurrentThread();
        DriverMemoryInspector.Instance.Inspect(other.Input.Address);
        var asked = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.EqualTo(3 * asked));
        Assert.That((FakeCublasLt.Searches, FakeCublasLt.Last.A), Is.EqualTo((1, other.Weight.Address)));

        matmul.Launch(Stream, Call(4, 32, 64, ElementType.BFloat16, ElementType.BFloat16));
        Assert.That((FakeCublasLt.Searches, FakeCublasLt.Last.Algorithm, matmul.RememberedShapes), Is.EqualTo((2, 2ul, 2)));
    }

    [Test]
    public void ForgetTheShapeThatWasUsedLongestAgo()
    {
        var matmul = Make(new() { WorkspaceBytes = 4096, RememberedShapes = 2 });
        MatmulCall[] calls = [.. Enumerable.Range(1, 3).Select(tokens => Call(tokens, 16, 32, ElementType.BFloat16, ElementType.Float32))];
        foreach (var index in new[] { 0, 1, 0, 2, 0 }) matmul.Launch(Stream, calls[index]);
        Assert.That((FakeCublasLt.Searches, matmul.RememberedShapes), Is.EqualTo((3, 2)));

        matmul.Launch(Stream, calls[1]);
        Assert.That(FakeCublasLt.Searches, Is.EqualTo(4));
    }

    [Test]
    public void ThatArePreparedKeepTheirTensorsAndAllocateNothing()
    {
        var matmul = Make();
        var call = Fp8(MatmulScaling.Row);
        using var prepared = matmul.Prepare(call);
        for (var i = 0; i < 50; i++) prepared.Launch(Stream);
        var before = GC.GetAllocatedBytesForCurrentThread();
        prepared.Launch(Stream);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Multiple(() =>
        {
            Assert.That(allocated, Is.Zero);
            Assert.That(FakeCublasLt.Last.D, Is.EqualTo(call.Output.Address));
            Assert.That((FakeCublasLt.Searches, matmul.RememberedShapes, prepared.WorkspaceBytes), Is.EqualTo((1, 0, 1024)));
        });
    }

    [Test]
    public void ThatCuBlasLtRefusesNameFunctionResultAndShape()
    {
        var matmul = Make();
        var call = Call(3, 32, 64, ElementType.BFloat16, ElementType.BFloat16);
        matmul.Launch(Stream, call);
        FakeCublasLt.Result = CublasStatus.ExecutionFailed;

        Assert.That(() => matmul.Launch(Stream, call), Throws.TypeOf<CublasLtException>()
            .With.Property("Code").EqualTo("FUSION2020").And.Property("Result").EqualTo(13)
            .And.Message.Contain("cublasLtMatmul of cuBLASLt 12.9.1 returned CUBLAS_STATUS_EXECUTION_FAILED (13) for matmul of [3, 64] and [32, 64] of bf16 to bf16"));
    }

    private MatmulCall Fp8(MatmulScaling scaling)
    {
        var call = Call(5, 256, 384, ElementType.Float8E4M3, ElementType.BFloat16) with { Scaling = scaling };
        return scaling switch
        {
            MatmulScaling.Row => call with { InputScale = Tensor(ElementType.Float32, 1, 5), WeightScale = Tensor(ElementType.Float32, 1, 256) },
            MatmulScaling.Block128 => call with { InputScale = Tensor(ElementType.Float32, 3, 5), WeightScale = Tensor(ElementType.Float32, 2, 4) },
            _ => call with { InputScale = Tensor(ElementType.Float32, 1, 1), WeightScale = Tensor(ElementType.Float32, 1, 1) },
        };
    }
}
