using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class OptionsThatNvrtcRefuses : SharedConsumer
{
    private BuildResult build = null!;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(items: """
            <FusionKernel Update="option.cu" AdditionalOptions="--no-such-option" />
            <FusionKernel Update="expression.cu" NameExpressions="scale&lt;nothing&gt;" />
            <FusionKernel Update="folder.cu" IncludePaths="headers/that/are/not/there" />
            """));
        foreach (var kernel in new[] { "option", "expression", "folder" }) consumer.Write($"{kernel}.cu", Kernels.Named(kernel));
        build = consumer.Build().MustFail();
        return consumer;
    }

    [Test]
    public void AreReportedWithAllOptionsOfTheKernel()
    {
        var error = build.Error("FUSION1024", "option.cu");

        Assert.That(error.Text, Does.Contain("refuses an option").And.Contain("--no-such-option").And.Contain("-std=c++17"));
    }

    [Test]
    public void NameExpressionsAreQuotedAsTheProjectWritesThem()
    {
        var error = build.Error("FUSION1023", "expression.cu");

        Assert.That(error.Text, Does.Contain("'scale<nothing>'").And.Contain("Expected a kernel"));
    }

    [Test]
    public void AMissingFolderOfHeadersIsAWarning()
    {
        var warning = build.Warning("FUSION1022");

        Assert.That(warning.Text, Does.Contain(Consumer.PathOf("headers/that/are/not/there")));
    }
}
