using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ALauncherOfAKernel : SharedConsumer
{
    private const string Kernel = """
        #include <fusion/base/bf16.cuh>
        using namespace fusion;

        // RMSNorm of each row.
        __global__ void __launch_bounds__(256) rms_norm(const bf16* __restrict__ input, const bf16* gamma, bf16* output, int tokens,
                                                        int hidden, float epsilon) {
          if (threadIdx.x == 0) output[blockIdx.x] = input[tokens * hidden];
        }
        """;

    private const string Strict =
        "<Nullable>enable</Nullable><TreatWarningsAsErrors>true</TreatWarningsAsErrors><GenerateDocumentationFile>true</GenerateDocumentationFile>"
        + "<AnalysisLevel>latest-all</AnalysisLevel><EnforceCodeStyleInBuild>true</EnforceCodeStyleInBuild><NoWarn>$(NoWarn);CA1515;CA1062;CA1707</NoWarn>";

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(Strict));
        consumer.Write("kernels/rms_norm.cu", Kernel);
        Call(consumer, "Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, 1e-6f);");
        consumer.Build().MustSucceed();
        return consumer;
    }

    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, 1e-6f);")]
    [TestCase("Kernels.RmsNorm.Launch(stream, 4, 256, input: input, gamma: gamma, output: output, tokens: 4, hidden: 8, epsilon: 1e-6f);")]
    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input.Pointer, gamma.Pointer + 8, output.Pointer + 1, 4, 8, 1e-6f);")]
    [TestCase("Kernels.RmsNorm.Launch(stream, new GridSize(4, 2), Kernels.RmsNorm.MaxThreads, input, gamma, output, 4, 8, 1);")]
    [TestCase("using (var library = Kernels.Load(stream.Context)) { Kernels.RmsNorm.On(library.Context).BlocksPerMultiprocessor(256); }")]
    public void CompilesWithNullableAnalyzersAndWarningsAsErrors(string call)
    {
        Call(Consumer, call);

        Assert.That(Consumer.Rebuild().MustSucceed().Warnings, Is.Empty);
    }

    [TestCase("Kernels.RmsNorm.Launch(stream, shape, floats, gamma, output, 4, 8, 1e-6f);", "CS1503", Description = "another type")]
    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input, gamma, readOnly, 4, 8, 1e-6f);", "CS1503", Description = "read-only")]
    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, 1e-6);", "CS1503", Description = "a double")]
    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8);", "CS7036|CS1501|CS1503", Description = "one too few")]
    [TestCase("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, eps: 1e-6f);", "CS1739", Description = "another name")]
    public void RefusesAWrongArgumentInTheCompiler(string call, string code)
    {
        Call(Consumer, call);

        var errors = Consumer.Rebuild().MustFail().Errors;

        Assert.That(errors.Select(error => (error.Code, Path.GetFileName(error.File))), Has.All.Matches<(string Code, string File)>(
            error => code.Split('|').Contains(error.Code) && error.File == "Calls.cs"));
    }

    [Test]
    public void IsDocumentedByTheCommentAboveTheKernel()
    {
        var text = Consumer.Read("obj/Debug/net10.0/fusion.launchers.g.cs");

        Assert.That(text, Does.Contain("/// <summary>RMSNorm of each row.</summary>"));
        Assert.That(text, Does.Contain("const bf16* input"));
    }

    private static void Call(Consumer consumer, string call) => consumer.Write("Calls.cs", $$"""
        using Fusion.Runtime;

        namespace Consumer;

        internal static class Calls
        {
            public static void All(GpuStream stream, LaunchShape shape, DeviceBuffer<BFloat16> input, DeviceBuffer<BFloat16> gamma,
                DeviceBuffer<BFloat16> output, DeviceBuffer<float> floats, ReadOnlyDevicePointer<BFloat16> readOnly)
            {
                _ = (stream, shape, input, gamma, output, floats, readOnly);
                {{call}}
            }
        }
        """);
}
