using Fusion.Interop.Driver;

namespace Fusion.Runtime.Tests.Errors;

public sealed class Messages
{
    [Test]
    public void HaveCodesOfTheirOwn() => Assert.That(
        typeof(ErrorCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!),
        Is.Unique.And.All.Match("^FUSION[234][0-9]{3}$").And.Exactly(36).Items);

    [Test]
    public void ComeAsADozenExceptionsWithACodeAtMost()
    {
        var classes = typeof(FusionException).Assembly.GetExportedTypes().Where(typeof(Exception).IsAssignableFrom).ToList();

        Assert.That(classes, Has.Count.InRange(8, 12).And.All.Matches<Type>(typeof(IFusionError).IsAssignableFrom));
        Assert.That(classes.Where(type => !type.IsSealed), Is.EquivalentTo([typeof(FusionException), typeof(FusionArgumentException)]));
    }

    [Test]
    public void OfImplementersHaveTheirOwnCodes()
    {
        var cause = new IOException("gone");
        var failure = new FusionException("ACME1001", "The link is down.", cause);
        var argument = new FusionArgumentException("ACME1002", "Input", "Input is too long.");

        Assert.That(failure, Has.Message.EqualTo("ACME1001: The link is down.").And.InnerException.SameAs(cause));
        Assert.That(argument, Is.InstanceOf<ArgumentException>().With.Message.EqualTo("ACME1002: Input is too long.")
            .And.Property("ParamName").EqualTo("Input").And.Property("Code").EqualTo("ACME1002"));
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

    [TestCase(700, true)]
    [TestCase(719, true)]
    [TestCase(2, false)]
    [TestCase(1, false)]
    public void OfTheDriverSayWhetherTheContextIsLost(int result, bool isLost) =>
        Assert.That(GpuException.Of((CudaResult)result, "N", "m", "cuStreamSynchronize").IsContextLost, Is.EqualTo(isLost));

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
        var error = DeviceErrors.NoGpu(ordinal, count);
        Assert.That(error.Message, Does.StartWith("FUSION2007: There is no GPU number 3").And.Contain(text));
    }

    [Test]
    public void NoDriverKeepsTheLoadersWords() =>
        Assert.That(DeviceErrors.NoDriver("libcuda.so.1: cannot open").Message,
            Does.Contain("No CUDA driver").And.EndWith("libcuda.so.1: cannot open"));
}
