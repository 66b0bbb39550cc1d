using System.Runtime.CompilerServices;
using Fusion.Emulation;
using Fusion.Interop.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt.Tests;

/// <summary>The bindings against a real cuBLASLt, as far as it works without a GPU. Left out where there is none: name one with
/// <c>FUSION_TEST_CUBLASLT</c>.</summary>
[Category("Nightly")]
public sealed class TheLibraryItself
{
    private CublasLtLibrary library = null!;
    private nint operation;

    [SetUp]
    public void Load()
    {
        var path = Environment.GetEnvironmentVariable("FUSION_TEST_CUBLASLT");
        if (!CublasLtLibrary.TryLoad(new CublasLtPlaces(Environment.GetEnvironmentVariable).Find(path, 99), out var found, out var failure))
        {
            Assert.That(path, Is.Null, failure);
            Assert.Ignore($"no cuBLASLt on this machine: {failure.ReplaceLineEndings("; ")}");
        }

        library = found!;
        Assert.That(library.Descriptions.CreateMatmul(out operation), Is.EqualTo(CublasStatus.Success));
    }

    [TearDown]
    public void Free()
    {
        if (operation != 0) Assert.That(library.Descriptions.DestroyMatmul(operation), Is.EqualTo(CublasStatus.Success));
        operation = 0;
    }

    [Test]
    public void SaysItsVersionAndTheNamesOfItsResults()
    {
        Assert.That(library.Version.Major, Is.InRange(11, 99));
        Assert.That(library.NameOf(CublasStatus.NotSupported), Is.EqualTo("CUBLAS_STATUS_NOT_SUPPORTED"));
        Assert.That(library.NameOf(CublasStatus.ExecutionFailed), Is.EqualTo("CUBLAS_STATUS_EXECUTION_FAILED"));
    }

    [Test]
    public void TakesEachPropertyInItsSizeAndNoOther()
    {
        Assert.Multiple(() =>
        {
            Takes(MatmulProperty.TransposeA, 1);
            Takes(MatmulProperty.TransposeB, 1);
            Takes(MatmulProperty.Epilogue, (int)MatmulEpilogue.Bias);
            Takes(MatmulProperty.BiasPointer, 4096UL);
            Takes(MatmulProperty.ScaleOfAPointer, 4096UL);
            Takes(MatmulProperty.ScaleOfBPointer, 8192UL);
            Takes(MatmulProperty.FastAccumulation, (byte)1);
            Takes(MatmulProperty.BiasType, (int)CudaDataType.Bf16);
            if (library.Version >= new Version(12, 9))
            {
                Takes(MatmulProperty.ScaleModeOfA, (int)MatrixScale.Block128);
                Takes(MatmulProperty.ScaleModeOfB, (int)MatrixScale.Vector128);
            }
        });
    }

    [Test]
    public void DescribesMatricesAndPreferences()
    {
        var describe = library.Descriptions;
        foreach (var type in Enum.GetValues<CudaDataType>())
        {
            Assert.That(describe.CreateLayout(out var layout, type, 64, 32), Is.EqualTo(CublasStatus.Success));
            Assert.That(describe.DestroyLayout(layout), Is.EqualTo(CublasStatus.Success));
        }

        Assert.That(describe.CreatePreference(out var preference), Is.EqualTo(CublasStatus.Success));
        Assert.That(describe.Set(preference, PreferenceProperty.WorkspaceBytes, 32UL << 20), Is.EqualTo(CublasStatus.Success));
        Assert.That(describe.Set(preference, PreferenceProperty.WorkspaceBytes, 1), Is.EqualTo(CublasStatus.InvalidValue));
        foreach (var property in Enum.GetValues<PreferenceProperty>().Where(property => property != PreferenceProperty.WorkspaceBytes))
            Assert.That(describe.Set(preference, property, 16u), Is.EqualTo(CublasStatus.Success), $"{property}");
        Assert.That(describe.DestroyPreference(preference), Is.EqualTo(CublasStatus.Success));
    }

    [Test]
    [NonParallelizable]
    public void IsRefusedOnAnEmulatedGpu()
    {
        Emulator.Use();
        try
        {
            using var context = GpuContext.Open();
            Assert.That(() => new Matmul(context, new() { LibraryPath = Environment.GetEnvironmentVariable("FUSION_TEST_CUBLASLT") }),
                Throws.TypeOf<CublasLtException>().With.Property("Code").EqualTo("FUSION2022").And.Message.Contain("the GPU is emulated"));
        }
        finally
        {
            Emulator.Leave();
        }
    }

    private void Takes<T>(MatmulProperty property, T value)
        where T : unmanaged
    {
        Assert.That(library.Descriptions.Set(operation, property, value), Is.EqualTo(CublasStatus.Success), $"{property}");
        Assert.That(library.Descriptions.Get<T>(operation, property, out var read), Is.EqualTo(CublasStatus.Success), $"{property}");
        Assert.That(read, Is.EqualTo(value), $"{property}");
        Assert.That(library.Descriptions.Set(operation, property, default(Guid)), Is.EqualTo(CublasStatus.InvalidValue), $"{property}");
    }
}

/// <summary>Structs of cuBLASLt as its header lays them out.</summary>
public sealed class StructsOfTheLibrary
{
    [Test]
    public void HaveTheSizesAndOffsetsOfTheHeader()
    {
        var result = default(MatmulSearchResult);
        Assert.Multiple(() =>
        {
            Assert.That(Unsafe.SizeOf<MatmulAlgorithm>(), Is.EqualTo(64));
            Assert.That(Unsafe.SizeOf<MatmulSearchResult>(), Is.EqualTo(96));
            Assert.That((Offset(ref result.WorkspaceBytes), Offset(ref result.State), Offset(ref result.Waves)), Is.EqualTo((64, 72, 76)));
        });

        int Offset<T>(ref T field) => (int)Unsafe.ByteOffset(ref Unsafe.As<MatmulSearchResult, byte>(ref result), ref Unsafe.As<T, byte>(ref field));
    }
}
