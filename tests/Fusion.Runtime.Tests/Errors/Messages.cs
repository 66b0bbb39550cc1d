using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests.Errors;

public sealed class Messages
{
    [Test]
    public void EveryExceptionHasACodeOfItsOwn()
    {
        var codes = typeof(ErrorCodes).GetFields().Select(f => (f.Name, Code: (string)f.GetRawConstantValue()!)).ToList();
        var classes = typeof(FusionException).Assembly.GetTypes().Where(t => t.BaseType == typeof(FusionException)).ToList();

        Assert.That(codes.Select(c => c.Code), Is.Unique.And.All.Match("^FUSION[234][0-9]{3}$"));
        Assert.That(classes.Select(t => t.Name), Is.EquivalentTo(codes.Select(c => c.Name + nameof(Exception))));
        Assert.That(classes, Has.All.Matches<Type>(t => t is { IsSealed: true, IsPublic: true }));
    }

    [Test]
    public void AnErrorOfTheDriverSaysCallNameNumberAndMeaning()
    {
        var error = GpuException.Of(
            CudaResult.IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered",
            "cuStreamSynchronize");
        Assert.That(error, Has.Property(nameof(GpuException.Result)).EqualTo(700)
            .And.Property(nameof(GpuException.ResultName)).EqualTo("CUDA_ERROR_ILLEGAL_ADDRESS")
            .And.Property(nameof(GpuException.Call)).EqualTo("cuStreamSynchronize"));
        Assert.That(error.Message, Does.StartWith(
            "FUSION2012: cuStreamSynchronize returned CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was " +
            "encountered. A kernel that ran before failed").And.Contain("compute-sanitizer"));
    }

    [Test]
    public void WhatTheDriversCompilerSaidIsInTheMessage() =>
        Assert.That(
            GpuException.Of(CudaResult.InvalidPtx, "N", "m", "cuModuleLoadDataEx", "line 5: error").Message,
            Does.EndWith(Environment.NewLine + "line 5: error"));

    [TestCase(3, 0, "the driver sees no GPU")]
    [TestCase(3, 1, "the driver sees one GPU, number 0")]
    [TestCase(3, 2, "the driver sees 2 GPUs, numbers 0 to 1")]
    public void AMissingGpuSaysHowManyThereAre(int ordinal, int count, string text)
    {
        var error = new NoGpuException(ordinal, count);
        Assert.That(error.Message, Does.StartWith("FUSION2007: There is no GPU number 3").And.Contain(text));
    }

    [Test]
    public void NoDriverKeepsTheLoadersWords() =>
        Assert.That(new NoDriverException("libcuda.so.1: cannot open").Message,
            Does.Contain("No CUDA driver").And.EndWith("libcuda.so.1: cannot open"));
}
