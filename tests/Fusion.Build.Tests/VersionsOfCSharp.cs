using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Projects that pin their version of C#, often in a Directory.Build.props for all projects of a folder.</summary>
public sealed class VersionsOfCSharp : SharedConsumer
{
    private const string Items = """
        <FusionTypeMap Include="Params" CSharp="MyApp.Params" />
        <FusionKernel Update="k.cu" NameExpressions="&amp;fill&lt;float&gt;;of_header&lt;int&gt;" />
        """;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library("<NoWarn>$(NoWarn);FUSION1603;CS0649</NoWarn><TreatWarningsAsErrors>true</TreatWarningsAsErrors>", Items));
        consumer.Write("header.cuh", "template <class T> __global__ void of_header(T* x, T value) { x[0] = value; }\n");
        consumer.Write("k.cu", """
            #include "header.cuh"
            struct Params { float scale; int count; double bias; float more; };
            template <class T> __global__ void fill(T* x, T value) { x[0] = value; }
            // Scales.
            __global__ void __launch_bounds__(64) string(float* in, const float* out, Params object, unsigned char params, unsigned short arguments) {
              in[0] = out[0] * object.scale + params + arguments;
            }
            extern "C" __global__ void nothing() {}
            __constant__ Params settings;
            namespace math { __device__ float table[2][4]; }
            """);
        consumer.Write("Uses.cs", """
            using Fusion.Runtime;
            namespace MyApp
            {
                internal struct Params { public float Scale; public int Count; public double Bias; public float More; }

                internal static class Uses
                {
                    public static void All(GpuStream stream, LaunchShape shape, DeviceBuffer<float> x, DeviceBuffer<int> n, Params p)
                    {
                        Consumer.Kernels.FillFloat.Launch(stream, shape, x, 1f);
                        Consumer.Kernels.String.Launch(stream, 1, Consumer.Kernels.String.MaxThreads, @in: x, x, p, 3, arguments: 4);
                        Consumer.Kernels.Nothing.Launch(stream, 1, 32);
                        Consumer.Kernels.OfHeaderInt.Launch(stream, shape, n.Pointer, 7);
                        Consumer.Kernels.Globals.Settings.On(stream.Context).CopyFrom(new[] { p });
                        Consumer.Kernels.Globals.Table.On(stream.Context).Slice(4).CopyTo(stream, Consumer.Kernels.Globals.Table.On(stream.Context));
                        Consumer.Kernels.Load(stream.Context);
                    }
                }
            }
            """);
        consumer.DotNet("restore").MustSucceed();
        return consumer;
    }

    [TestCase("8.0")]
    [TestCase("9")]
    [TestCase("11")]
    [TestCase("12.0")]
    [TestCase("preview")]
    [Category("Nightly")]
    public void UnderstandLaunchers(string version) =>
        Assert.That(Consumer.Rebuild($"-p:LangVersion={version}").MustSucceed().Warnings, Is.Empty);

    [TestCase("8.0", "FUSION1606")]
    [TestCase("9.0", null)]
    public void UnderstandWhatRegistersKernelsForOneModelFromNineOn(string version, string? code)
    {
        Consumer.Write("model.props", """
            <Project><ItemGroup><FusionAllReduce Include="m" HiddenSize="512" WorldSizes="2" Epilogues="none" /></ItemGroup></Project>
            """);

        var build = Consumer.Rebuild($"-p:LangVersion={version};CustomAfterMicrosoftCommonProps={Consumer.PathOf("model.props")};FusionCompileKernels=false");

        Assert.That(build.Errors.Select(error => error.Code), Is.EqualTo(code is null ? Array.Empty<string>() : [code]), build.Output);
    }

    [Test]
    public void ThatAreTooOldAreOneError()
    {
        var build = Consumer.Rebuild("-p:LangVersion=7.3").MustFail();

        Assert.That(build.Errors.Select(error => error.Code), Is.EqualTo(["FUSION1606"]), build.Output);
        Assert.That(build.Errors[0].Text, Does.Contain("'7.3'").And.Contain("FusionGenerateLaunchers"));
    }
}
