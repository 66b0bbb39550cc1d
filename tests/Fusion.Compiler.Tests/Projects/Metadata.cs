using Fusion.Build.Contract;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class Metadata(string nvrtc) : NvrtcFixture(nvrtc)
{
    private static readonly TestCaseData<Action<KernelRequest>, string, string>[] Mistakes =
    [
        new(k => k["Std"] = "c++99", "FUSION1020", "Std is 'c++99'; expected one of c++03, c++11, c++14, c++17, c++20."),
        new(k => k["MaxRegisters"] = "256", "FUSION1020", "MaxRegisters is '256'; expected a number from 1 to 255"),
        new(k => k["MaxRegisters"] = "many", "FUSION1020", "MaxRegisters is 'many'"),
        new(k => k["FastMath"] = "yes", "FUSION1020", "FastMath is 'yes'; expected true or false."),
        new(k => k["LineInfo"] = "1", "FUSION1020", "LineInfo is '1'; expected true or false."),
        new(k => k["AdditionalOptions"] = "-arch=sm_90", "FUSION1020", "use Architectures"),
        new(k => k.Name = "../k", "FUSION1020", "LogicalName is '../k'"),
        new(k => k["Architectures"] = "90", "FUSION1014", "'90' is no GPU architecture."),
        new(k => k["Architectures"] = " ; ", "FUSION1014", "No architecture is named."),
        new(k => k["NameExpressions"] = "nope<3>", "FUSION1023", "NVRTC does not know the name expression 'nope<3>': identifier \"nope\" is undefined"),
        new(k => k["AdditionalOptions"] = "--bogus", "FUSION1024", "refuses an option: unrecognized option --bogus found"),
        new(k => k["AdditionalOptions"] = "-dlto", "FUSION1024", "An option in AdditionalOptions asks for another kind of output: remove it. They are: -dlto"),
        new(k => k["Defines"] = "3X", "FUSION1024", "invalid macro definition: 3X"),
    ];

    [TestCaseSource(nameof(Mistakes))]
    public void AMistakeIsAnErrorAtTheKernel(Action<KernelRequest> mistake, string code, string text)
    {
        mistake(Project.Add("k.cu", KernelProject.Simple));

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo((code, Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain(text));
    }

    [Test]
    public void TwoKernelsOfOneNameAreAnErrorThatNamesBoth()
    {
        Project.Add("a.cu", KernelProject.Simple).Name = "same";
        Project.Add("b.cu", KernelProject.Simple).Name = "same";

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1021"));
        Assert.That(error.Message, Does.Contain(Project.PathOf("a.cu")).And.Contain(Project.PathOf("b.cu")).And.Contain("LogicalName"));
    }

    [Test]
    public void AnIncludePathThatIsMissingIsAWarning()
    {
        Project.Add("k.cu", KernelProject.Simple)["IncludePaths"] = "gone";

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings.Single().Code, Is.EqualTo("FUSION1022"));
        Assert.That(run.Warnings[0].Message, Does.Contain(Project.PathOf("gone")));
        Directory.CreateDirectory(Project.PathOf("gone"));
        Assert.That(Project.WhyStale(), Does.Contain("gone"));
    }

    [Test]
    public void EveryOptionReachesNvrtc()
    {
        var kernel = Project.Add("k.cu", """
            #if __cplusplus != 201402L || OTHER != 1 || VALUE != 7
            #error options are missing
            #endif
            extern "C" __global__ void k(float* x) {
              float a[32];
              for (int i = 0; i < 32; i++) a[i] = sinf(x[i]);
              for (int n = 0; n < 100; n++) {
                #pragma unroll
                for (int i = 0; i < 32; i++) a[i] = a[i] * a[(i + 1) % 32] + x[n];
              }
              for (int i = 0; i < 32; i++) x[i] = a[i];
            }
            """, "sm_80;compute_80");
        kernel["Std"] = "c++14";
        kernel["Defines"] = "VALUE=7";
        kernel["MaxRegisters"] = "24";
        kernel["FastMath"] = "true";
        kernel["LineInfo"] = "true";
        kernel["AdditionalOptions"] = "-D;OTHER";

        Project.Run().MustSucceed();

        var ptx = File.ReadAllText(Path.Combine(Project.Images, "k.compute_80.ptx"));
        Assert.That(ptx, Does.Contain("\t.loc").And.Contain("sin.approx.ftz"));
        Assert.That(Project.Manifest.Modules[0].Images[0].Kernels[0].Registers, Is.LessThanOrEqualTo(24));
    }

    [Test]
    public void ForADebuggerIsWithoutOptimizationAndHasTheLines()
    {
        var kernel = Project.Add("k.cu", KernelProject.Simple, "sm_80;compute_80");
        kernel["Debug"] = "true";
        kernel["LineInfo"] = "true";

        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);

        Assert.That(File.ReadAllText(Path.Combine(Project.Images, "k.compute_80.ptx")), Does.Contain(".target sm_80, debug").And.Contain(".loc"));
        Assert.That(System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(Project.Images, "k.sm_80.cubin"))), Does.Contain(".debug_info"));
    }

    [Test]
    public void OfTheProjectAsksForTimesOfEachKernelAndArchitecture()
    {
        Project.Add("a.cu", KernelProject.Simple, "sm_80;sm_90");
        Project.Request.Timings = true;
        var first = Project.Run().MustSucceed();
        var second = Project.Run().MustSucceed();

        Assert.That(first.Of(DiagnosticSeverity.Notice).Single().Message, Does.Match(@"(?s)^Times of kernels.*\d\.\d\d  a\.cu\n.*    sm_").And.Contain("sm_80").And.Contain("sm_90"));
        Assert.That(second.Of(DiagnosticSeverity.Notice).Single().Message, Does.Contain("none was compiled"));
    }
}
