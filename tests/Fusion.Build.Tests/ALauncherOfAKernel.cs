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

    private static readonly string[] Right =
    [
        "Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, 1e-6f);",
        "Kernels.RmsNorm.Launch(stream, 4, 256, input: input, gamma: gamma, output: output, tokens: 4, hidden: 8, epsilon: 1e-6f);",
        "Kernels.RmsNorm.Launch(stream, shape, input.Pointer, gamma.Slice(8), output.Pointer + 1, 4, 8, 1e-6f);",
        "Kernels.RmsNorm.Launch(stream, new Dim3(4, 2), Kernels.RmsNorm.MaxThreads, input, gamma, output, 4, 8, 1);",
        "using (var library = Kernels.Load(stream.Context)) { Kernels.RmsNorm.On(library.Context).BlocksPerMultiprocessor(256); }",
    ];

    private static readonly (string Call, string[] Codes, string What)[] Wrong =
    [
        ("Kernels.RmsNorm.Launch(stream, shape, floats, gamma, output, 4, 8, 1e-6f);", ["CS1503"], "another type"),
        ("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, 1e-6);", ["CS1503"], "a double"),
        ("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8);", ["CS7036", "CS1501", "CS1503"], "one too few"),
        ("Kernels.RmsNorm.Launch(stream, shape, input, gamma, output, 4, 8, eps: 1e-6f);", ["CS1739"], "another name"),
    ];

    private BuildResult build = null!;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(Strict));
        consumer.Write("kernels/rms_norm.cu", Kernel);
        Call(consumer, Right);
        build = consumer.Build();
        return consumer;
    }

    [Test]
    public void CompilesWithNullableAnalyzersAndWarningsAsErrors() => Assert.That(build.MustSucceed().Warnings, Is.Empty);

    [Test]
    public void RefusesAWrongArgumentInTheCompiler()
    {
        Call(Consumer, [.. Wrong.Select(wrong => wrong.Call)]);

        var errors = Consumer.Rebuild().MustFail().Errors;

        Assert.That(errors.Select(error => Path.GetFileName(error.File)), Is.All.EqualTo("Calls.cs"));
        var lines = Consumer.Read("Calls.cs").Split('\n').Select(line => line.Trim()).ToList();
        foreach (var (call, codes, what) in Wrong)
        {
            var ofCall = errors.Where(error => error.LineNumber == lines.IndexOf(call) + 1).Select(error => error.Code).ToArray();
            Assert.That(ofCall, Is.Not.Empty.And.SubsetOf(codes), what);
        }
    }

    [Test]
    public void IsDocumentedByTheCommentAboveTheKernel()
    {
        var text = Consumer.Read("obj/Debug/net10.0/fusion.launchers.g.cs");

        Assert.That(text, Does.Contain("/// <summary>RMSNorm of each row.</summary>"));
        Assert.That(text, Does.Contain("const bf16* input"));
    }

    private static void Call(Consumer consumer, string[] calls) => consumer.Write("Calls.cs", $$"""
        using Fusion.Runtime;

        namespace Consumer;

        internal static class Calls
        {
            public static void All(GpuStream stream, LaunchShape shape, DeviceBuffer<BFloat16> input, DeviceBuffer<BFloat16> gamma,
                DeviceBuffer<BFloat16> output, DeviceBuffer<float> floats)
            {
                _ = (stream, shape, input, gamma, output, floats);
                {{string.Join("\n        ", calls)}}
            }
        }
        """);
}
