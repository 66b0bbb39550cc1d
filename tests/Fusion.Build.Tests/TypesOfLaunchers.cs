using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class TypesOfLaunchers : SharedConsumer
{
    private const string Map = """<FusionTypeMap Include="my::Params" CSharp="MyApp.Params" /><FusionTypeMap Include="my::Raw" />""";

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        consumer.Write("k.cu", """
            namespace my {
            struct Params { float scale; int count; double bias; };
            struct Raw { int a, b, c; };
            struct Base { int a; }; struct Other : private Base { int b; };

            __global__ void transform(float* x, const __grid_constant__ Params p, Raw raw) { x[0] = p.scale + p.bias + raw.a; }
            __global__ void take(float* x,
                                 Other other) { x[0] = other.b; }
            }

            template <typename T, int N>
            __global__ void fill(T* x, T value) { for (int i = 0; i < N; i++) x[i] = value; }
            """);
        consumer.Write("Uses.cs", """
            using System.Runtime.InteropServices;
            using Fusion.Runtime;

            namespace MyApp
            {
                [StructLayout(LayoutKind.Sequential)]
                internal struct Params { public float Scale; public int Count; public double Bias; }

                internal struct Three { public int A, B, C; }

                internal static class Uses
                {
                    public static void All(GpuStream stream, LaunchShape shape, DeviceBuffer<float> x, Params p, Three raw)
                    {
                        Consumer.Kernels.Transform.Launch(stream, shape, x, p, KernelArgument.Of(raw));
                        Consumer.Kernels.Take.Launch(stream, shape, x, other: 3);
                        Consumer.Kernels.FillFloat4.Launch(stream, shape, x, 1f);
                    }
                }
            }
            """);
        consumer.WriteProject(Project()).DotNet("restore").MustSucceed();
        return consumer;
    }

    [Test]
    public void AreThoseOfFusionTypeMapAndOfNameExpressions()
    {
        Consumer.WriteProject(Project("<NoWarn>$(NoWarn);FUSION1601;CS0649</NoWarn><TreatWarningsAsErrors>true</TreatWarningsAsErrors>"));

        Consumer.Rebuild().MustSucceed();
    }

    [Test]
    public void WarnOfAParameterThatHasNone()
    {
        var build = Consumer.WriteProject(Project()).Rebuild().MustSucceed();

        var warning = build.Warning("FUSION1601");
        Assert.That(warning.File, Is.EqualTo(Consumer.PathOf("k.cu")));
        Assert.That((warning.LineNumber, warning.ColumnNumber), Is.EqualTo((8, 22)));
        Assert.That(warning.Text, Does.Contain("'other'").And.Contain("<FusionTypeMap Include=\"Other\""));

        var again = Consumer.Rebuild().MustSucceed();
        Assert.That(again.Messages, Does.Contain("Launchers are up to date."));
        Assert.That(again.Warning("FUSION1601").LineNumber, Is.EqualTo(8));
    }

    [Test]
    [Category("Nightly")]
    public void AreAnErrorWhereWarningsAre() =>
        Consumer.WriteProject(Project("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>")).Rebuild().MustFail().Error("FUSION1601", "k.cu");

    private static string Project(string properties = "") => Projects.Library(
        properties, Map + """<FusionKernel Update="k.cu" NameExpressions="fill&lt;float, 4&gt;" />""");
}
