using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ABrokenCompiler : SharedConsumer
{
    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("../fusionc.dll", "this is no assembly");
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [TestCase("fusionc.dll", Description = "it cannot be loaded")]
    [TestCase("missing.dll", Description = "it is not there")]
    public void IsAnErrorWithTheCommandAndWhatItSaid(string assembly)
    {
        var path = Path.Combine(Consumer.Root, assembly);

        var error = Consumer.Rebuild($"-p:FusionCompilerAssembly={path}").MustFail().Error("FUSION1030");

        Assert.That(error.Text, Does.Contain("without saying why").And.Contain("dotnet").And.Contain($"exec {path} --request"));
        Assert.That(error.Text.Split('\n'), Has.Length.GreaterThan(1).And.Some.Contains(assembly), "dotnet's own words");
        Assert.That(Consumer.Images, Is.Empty);
    }
}
