using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Logs;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class HostCodeTests(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Kernel = "extern \"C\" __global__ void scale(float* x, int n) { if (threadIdx.x < n) x[threadIdx.x] *= 2; }\n";

    [Test]
    public void IsOneErrorAFileWithTheLinesAndTheWaysOut()
    {
        Add("k.cu", Kernel + """
            static float square(float x) { return x * x; }
            struct Counter {
              int n;
              Counter() : n(1) {}
            };
            int total;
            __host__ void reset() { total = 0; }
            auto twice = [](int a) { return 2 * a; };

            int main(int argc, char** argv) {
              float* data;
              cudaMalloc(&data, 400);
              scale<<<1, 100>>>(data, 100);
              std::vector<int> values;
              return cudaDeviceSynchronize();
            }
            """, "sm_80;sm_90;compute_90");

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File, error.Line), Is.EqualTo(("FUSION1008", Project.PathOf("k.cu"), 2)));
        Assert.That(error.Message, Does.StartWith("Lines 2, 5, 7, 8, 9 and 11 are code for the host")
            .And.Contain("#ifndef __CUDACC_RTC__").And.Contain("FusionAdditionalOptions to -default-device"));
    }

    [Test]
    public void DoesNotHideTheErrorsOfKernels()
    {
        Add("k.cu", "void launch() {\n  nothing();\n}\nextern \"C\" __global__ void k(int* x) {\n  x[0] = unknown;\n}\n");

        var errors = Project.Run().Errors;

        Assert.That(errors.Select(e => (e.Code, e.Line)), Is.EqualTo([("FUSION1008", 1), ("FUSION1001", 5)]));
        Assert.That(errors[0].Message, Does.StartWith("Line 1 is code for the host"));
    }

    [Test]
    public void InAHeaderIsAnErrorOfTheHeaderOnce()
    {
        Project.Write("helpers.cuh", "#pragma once\ninline int one() { return 1; }\ninline int two() { return 2; }\n");
        Add("a.cu", "#include \"helpers.cuh\"\n" + Kernel);
        Add("b.cu", "#include \"helpers.cuh\"\n" + Kernel);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1008", Project.PathOf("helpers.cuh"))));
        Assert.That(error.Message, Does.StartWith("Lines 2 and 3 are code for the host"));
    }

    [Test]
    public void OfManyFunctionsNamesTheFirstAndHowManyMore()
    {
        Add("k.cu", Kernel + string.Concat(Enumerable.Range(0, 20).Select(i => $"int f{i}() {{ return {i}; }}\n")));

        Assert.That(Project.Run().OnlyError().Message, Does.StartWith("Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 8 more are code"));
    }

    [TestCase("#ifndef __CUDACC_RTC__\n#include <vector>\nint main() { std::vector<int> v; return 0; }\n#endif\n", "")]
    [TestCase("static float square(float x) { return x * x; }\nint total;\n", "-default-device")]
    [TestCase("static float square(float x) { return x * x; }\nint total;\n", "--device-as-default-execution-space")]
    public void CompilesByTheWaysOut(string host, string option)
    {
        Add("k.cu", Kernel + host)["AdditionalOptions"] = option;

        Project.Run().MustSucceed();
    }

    // So that NVRTC sees all of it.
    private Fusion.Build.Contract.KernelRequest Add(string file, string text, string architectures = "sm_80")
    {
        var kernel = Project.Add(file, text, architectures);
        kernel["HostCode"] = "Error";
        return kernel;
    }
}
