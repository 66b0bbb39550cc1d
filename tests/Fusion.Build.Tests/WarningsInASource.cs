using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class WarningsInASource : SharedConsumer
{
    private const string Code = "FUSION1002";
    private const string AsErrors = "<TreatWarningsAsErrors>true</TreatWarningsAsErrors>";

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("warns.cu", Kernels.WithWarning("warns"));
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void HaveFileLineColumnAndNumber()
    {
        var warning = Build("", compileAgain: true).MustSucceed().Warning(Code);

        Assert.That(warning.File, Is.EqualTo(Consumer.PathOf("warns.cu")));
        Assert.That((warning.LineNumber, warning.ColumnNumber), Is.EqualTo((2, 7)));
        Assert.That(warning.Text, Does.Contain("#177-D").And.Contain("forgotten"));
    }

    [Test]
    [Category("Nightly")]
    public void AreRepeatedByABuildThatHasNothingToDo()
    {
        Build("", compileAgain: true).MustSucceed();

        var build = Build("", compileAgain: false).MustSucceed();

        Assert.That(build.StartedCompiler, Is.False);
        Assert.That(build.Warning(Code).LineNumber, Is.EqualTo(2));
    }

    [TestCase(";", Code)]
    [TestCase(", ", "fusion1002")]
    public void ObeyNoWarnHoweverItsListIsWritten(string separator, string code)
    {
        var build = Build($"<NoWarn>$(NoWarn){separator}{code}</NoWarn>{AsErrors}", compileAgain: true).MustSucceed();

        Assert.That(build.Warnings, Is.Empty);
        Assert.That(build.Errors, Is.Empty);
    }

    [Test]
    [Category("Nightly")]
    public void ObeyTreatWarningsAsErrorsAgainAndAgain()
    {
        var first = Build(AsErrors, compileAgain: true).MustFail();
        var second = Build(AsErrors, compileAgain: false).MustFail();

        Assert.That(first.Error(Code).LineNumber, Is.EqualTo(2));
        Assert.That(second.Error(Code).LineNumber, Is.EqualTo(2), "a second build does not let pass what the first refused");
    }

    [Test]
    public void ObeyWarningsAsErrors() =>
        Build($"<WarningsAsErrors>{Code}</WarningsAsErrors>", compileAgain: true).MustFail().Error(Code);

    [Test]
    [Category("Nightly")]
    public void ObeyWarningsNotAsErrors() =>
        Build($"{AsErrors}<WarningsNotAsErrors>{Code}</WarningsNotAsErrors>", compileAgain: true).MustSucceed().Warning(Code);

    private BuildResult Build(string properties, bool compileAgain)
    {
        var images = Consumer.ImagesFolder;
        if (compileAgain && Directory.Exists(images)) Directory.Delete(images, recursive: true);
        return Consumer.WriteProject(Projects.Library(properties)).Rebuild();
    }
}
