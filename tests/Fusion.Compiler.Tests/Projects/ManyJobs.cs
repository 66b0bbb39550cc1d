using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class ManyJobs(string nvrtc) : NvrtcFixture(nvrtc)
{
    [Test]
    [Category("Nightly")]
    public void TwentyKernelsForThreeArchitecturesKeepTheirHeadersApart()
    {
        for (var i = 0; i < 20; i++)
        {
            Project.Write($"h{i}.cuh", $"#define VALUE {i}\n");
            Project.Add($"k{i:00}.cu", $"#include \"h{i}.cuh\"\nextern \"C\" __global__ void k{i}(int* x) {{ *x = VALUE; }}\n", "sm_80;sm_86;sm_90");
        }

        Project.Request.MaxParallelism = 8;
        Assert.That(Project.Run().MustSucceed().Compiled, Has.Count.EqualTo(60));
        Project.Write("h7.cuh", "#define VALUE 700\n");

        Assert.That(Project.Run().MustSucceed().Compiled, Is.EqualTo(["k07.cu -> sm_80", "k07.cu -> sm_86", "k07.cu -> sm_90"]));
    }
}
