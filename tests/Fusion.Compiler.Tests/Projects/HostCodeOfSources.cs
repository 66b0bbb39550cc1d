using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class HostCodeOfSources(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Main = "int main() {\n  k<<<1, 1>>>(0, 1);\n  return 0;\n}\n";

    private static IEnumerable<string> LeftOut(KernelRun run) => run.Said.Where(d => d.Message.StartsWith("Code for the host was left out", StringComparison.Ordinal)).Select(d => d.Message);

    [Test]
    public void IsLeftOutWithOneMessageAFile()
    {
        Project.Add("k.cu", KernelProject.Simple + Main, "sm_80;sm_90;compute_90");

        var run = Project.Run().MustSucceed();

        Assert.That(LeftOut(run), Is.EqualTo(["Code for the host was left out: lines 2-5. Set HostCode to Error to be told where a file has some."]));
        Assert.That(run.Warnings, Is.Empty);
    }

    [Test]
    public void IsAnErrorWhereTheProjectSaysSo()
    {
        Project.Add("k.cu", KernelProject.Simple + "int main() { return 0; }\n")["HostCode"] = "Error";

        Assert.That(Project.Run().OnlyError().Code, Is.EqualTo("FUSION1008"));
    }

    [Test]
    public void OtherWordsAreRefused()
    {
        Project.Add("k.cu", KernelProject.Simple)["HostCode"] = "Keep";

        Assert.That(Project.Run().OnlyError().Message, Is.EqualTo("HostCode is 'Keep'; expected one of Ignore, Error."));
    }

    [Test]
    public void OfAFileThatIsAllHostIsAWarningThatItHasNoKernel()
    {
        Project.Add("k.cu", "static int count;\nint main() { std::vector<int> v; return 0; }\n");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings.Select(w => w.Code), Is.EqualTo(["FUSION1006"]));
        Assert.That(LeftOut(run).Single(), Does.Contain("lines 1-2."));
    }

    [Test]
    public void ThatAKernelCallsIsNamedInTheError()
    {
        Project.Add("k.cu", "float twice(float x) { return 2 * x; }\n__global__ void k(float* x) { x[0] = twice(x[0]); }\n");

        Assert.That(Project.Run().OnlyError().Message, Does.Contain("'twice' on line 1 was left out as code for the host: if it is for the GPU, write __device__."));
    }

    [Test]
    public void ChangesNoLineOfAnError()
    {
        Project.Add("k.cu", Main + "__global__ void k(float* x, int n) {\n  x[0] = unknown;\n}\n");

        Assert.That(Project.Run().OnlyError().Line, Is.EqualTo(6));
    }

    [Test]
    public void IsJudgedAgainWhenAMacroOfAHeaderChanges()
    {
        Project.Write("api.h", "#define API __device__\n");
        Project.Add("k.cu", "#include \"api.h\"\nAPI float f() { return 1; }\n__global__ void k(float* x) { x[0] = f(); }\nint main() { return 0; }\n");
        Project.Run().MustSucceed();

        Project.Write("api.h", "#define API\n");

        Assert.That(Project.Run().OnlyError().Message, Does.Contain("'f' on line 2"));
    }

    [TestCase("cub/cub.cuh", "<FusionCccl>true</FusionCccl>")]
    [TestCase("cuda/std/cstdint", "<FusionCccl>true</FusionCccl>")]
    [TestCase("cutlass/cutlass.h", "CUTLASS")]
    [TestCase("curand_kernel.h", "set FusionNvrtcPath")]
    [TestCase("mine.h", "Name its folder in FusionIncludePaths")]
    public void AHeaderThatIsMissingSaysWhereItComesFrom(string header, string advice)
    {
        Project.Add("k.cu", $"#include <{header}>\n{KernelProject.Simple}");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.Line), Is.EqualTo(("FUSION1001", 1)));
        Assert.That(error.Message, Does.StartWith($"There is no header '{header}' in any folder of headers. ").And.Contain(advice));
    }
}
