using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ErrorsInASource : SharedConsumer
{
    private BuildResult build = null!;
    private string links = "";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(architectures: "sm_80;sm_90;compute_80"));
        consumer.Write("kernels/broken.cu", Kernels.WithError("broken"));
        consumer.Write("bad.cuh", "#pragma once\n\ninline __device__ int f() { return \"text\"; }\n");
        consumer.Write("includes.cu", Kernels.Named("includes", include: "#include \"bad.cuh\""));
        consumer.Write("chain.cu", """
            template <typename T> __device__ int inner(T value) { return value.missing; }
            template <typename T> __device__ int outer(T value) { return inner(value); }
            extern "C" __global__ void chain(int* out) { out[0] = outer(1.0f); }
            """);
        consumer.Write("half.cu", """
            #if __CUDA_ARCH__ >= 900
            extern "C" __global__ void half(float* out) { out[0] = only_here_unknown; }
            #endif
            """);
        consumer.Write("good.cu", Kernels.Named("good"));
        var linkFile = Path.Combine(consumer.Root, "links");
        build = consumer.Build(HelpLinkLogger.Switch(linkFile)).MustFail();
        links = File.ReadAllText(linkFile);
        return consumer;
    }

    [Test]
    public void HaveFileLineAndColumn()
    {
        var error = build.Error("FUSION1001", "broken.cu");

        Assert.That(error.File, Is.EqualTo(Consumer.PathOf("kernels/broken.cu")));
        Assert.That((error.LineNumber, error.ColumnNumber), Is.EqualTo((3, 12)));
        Assert.That(error.Text, Does.Contain("undefined_thing").And.Contain("undefined"));
    }

    [Test]
    public void AreInTheFormThatEditorsKnow() =>
        Assert.That(build.Output, Does.Contain($"{Consumer.PathOf("kernels/broken.cu")}(3,12): error FUSION1001: "));

    [Test]
    public void AreAttributedToTheHeaderTheyAreIn()
    {
        var error = build.Error("FUSION1001", "bad.cuh");

        Assert.That(error.File, Is.EqualTo(Consumer.PathOf("bad.cuh")));
        Assert.That(error.LineNumber, Is.EqualTo(3));
    }

    [Test]
    public void KeepTheChainOfInstantiations()
    {
        var error = build.Error("FUSION1001", "chain.cu");

        Assert.That(error.LineNumber, Is.EqualTo(1));
        Assert.That(error.Text, Does.Contain("inner").And.Contain("outer").And.Contain("float"));
    }

    [Test]
    public void NameTheArchitecturesOnlyWhereSomeHaveThem()
    {
        Assert.That(build.Error("FUSION1001", "half.cu").Text, Does.Contain("[sm_90]"));
        Assert.That(build.Error("FUSION1001", "broken.cu").Text, Does.Not.Contain("sm_"));
    }

    [Test]
    public void LinkToThePageThatExplainsTheirCode()
    {
        var link = links.Split('\n').Select(line => line.Split('\t')).First(fields => fields[0] == "FUSION1001")[1];

        Assert.That(new Uri(link).LocalPath, Does.EndWith("docs/diagnostics/FUSION1001.md").And.Exist);
    }

    [Test]
    public void DoNotKeepOtherKernelsFromBeingCompiled()
    {
        Assert.That(Consumer.Images, Does.Contain("good.sm_80.cubin").And.Contain("good.sm_90.cubin"));
        Assert.That(Consumer.Images, Has.None.Contain("broken"));
    }
}
