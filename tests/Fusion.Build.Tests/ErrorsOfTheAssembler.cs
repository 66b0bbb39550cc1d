using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ErrorsOfTheAssembler
{
    private const string Source = """
        extern "C" __global__ void inline_ptx(float* out) {
          asm volatile("nonsense %0;" :: "f"(out[0]));
        }
        """;

    [TestCase("sm_80")]
    [TestCase("compute_80", Description = "PTX alone is not checked by NVRTC, so it is assembled for nothing else")]
    [Category("Nightly")]
    public void AreMappedToTheSource(string architecture)
    {
        using var consumer = new Consumer(Projects.Library(architectures: architecture));
        consumer.Write("inline_ptx.cu", Source);

        var error = consumer.Build().MustFail().Error("FUSION1003");

        Assert.That(error.File, Is.EqualTo(consumer.PathOf("inline_ptx.cu")));
        Assert.That(error.LineNumber, Is.EqualTo(2));
        Assert.That(error.Text, Does.Contain("ptxas: ").And.Contain("nonsense"));
    }
}
