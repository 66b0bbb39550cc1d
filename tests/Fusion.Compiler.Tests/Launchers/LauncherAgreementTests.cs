using Fusion.Build.Contract;
using Fusion.Compiler.Launchers;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Launchers;

/// <summary>Launchers and images know a kernel by the same name, or the build fails.</summary>
public sealed class LauncherAgreementTests() : NvrtcFixture("12.4")
{
    private const string Source = """
        template <class T> __global__ void add(T* x, T v) { x[threadIdx.x] += v; }
        namespace math { template <class T, int N = 4> __global__ void fill(T* x) { x[0] = N; } __global__ void one(float* x) { x[0] = 1; } }
        __global__ void plain(float* x) { x[0] = 1; }
        __global__ void both(float* x) { x[0] = 1; }
        __global__ void both(int* x) { x[0] = 1; }
        namespace { __global__ void hidden(float* x) { x[0] = 1; } }
        namespace math { extern "C" __launch_bounds__(64) __global__ void c_linkage(float* x) { x[0] = 1; } }
        extern "C" { namespace math { __global__ void c_block(float* x) { x[0] = 1; } } }

        """;

    private static readonly string[] OwnNames = ["both(float*)", "both(int*)", "c_block", "c_linkage", "hidden", "math::one", "plain"];

    [TestCase("add<float>", "add<float>")]
    [TestCase("&add<float>", "add<float>")]
    [TestCase(" & add < float > ", "add < float >")]
    [TestCase("::add<float>", "add<float>")]
    [TestCase("&::add<float>", "add<float>")]
    [TestCase("& :: math::fill<float>", "math::fill<float>")]
    [TestCase("(add<float>)", "add<float>")]
    [TestCase("((&(add<float>)))", "add<float>")]
    [TestCase("add<\n  float>", "add< float>")]
    [TestCase("/* of floats */ add<float> // all", "add<float>")]
    [TestCase("math::fill<float>", "math::fill<float>")]
    [TestCase("math::fill<float, 2 + 2>", "math::fill<float, 2 + 2>")]
    [TestCase("add<unsigned>", "add<unsigned>")]
    [TestCase("add<unsigned int>;add<unsigned char>", "add<unsigned int>|add<unsigned char>")]
    [TestCase("(void (*)(float*, float))add<float>", "(void (*)(float*, float))add<float>")]
    [TestCase("static_cast<void (*)(float*, float)>(&add<float>)", "static_cast<void (*)(float*, float)>(&add<float>)")]
    [TestCase("*add<float>", "*add<float>")]
    [TestCase("&add<float>;add<float>; (add<float>)", "add<float>")]
    [TestCase("&plain", "")]
    [TestCase("::plain; ( plain )", "")]
    [TestCase("&math::one", "")]
    [TestCase("hidden", "")]
    [TestCase("&math::c_linkage", "")]
    public void AgreeOnEachSpellingThatNvrtcTakes(string expressions, string instantiations)
    {
        Add(Source, expressions);

        Project.Run().MustSucceed();

        var names = Project.Manifest.Modules.Single().Images.Single().Kernels.Select(kernel => kernel.Name);
        string[] expected = [.. OwnNames, .. instantiations.Split('|', StringSplitOptions.RemoveEmptyEntries)];
        Assert.That(names, Is.EquivalentTo(expected));
        Assert.That(LauncherNames(expressions), Is.EquivalentTo(expected));
    }

    [TestCase("add<unsigned>;add<unsigned int>", "'add<unsigned>' and 'add<unsigned int>'")]
    [TestCase("math::fill<float>;math::fill<float, 4>", "'math::fill<float>' and 'math::fill<float, 4>'")]
    [TestCase("plain;+plain", "'plain' and '+plain'")]
    public void TwoNamesOfOneKernelAreAnError(string expressions, string named)
    {
        Add(Source, expressions);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1023", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain(named).And.Contain("Remove one"));
    }

    [TestCase("+plain")]
    [TestCase("(void (*)(int*))both")]
    [TestCase("true ? plain : plain")]
    public void AnExpressionThatRenamesAKernelIsAnError(string expression)
    {
        Add(Source, expression);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1605", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain($"'{expression}'").And.Contain("'plain'").And.Contain("remove it"));
        Assert.That(Project.WhyStale(), Is.Not.Null);

        Project.Request.ChecksLaunchers = false;
        Project.Run().MustSucceed();
    }

    [TestCase("#define OPEN namespace lib {\nOPEN\n__global__ void k(float* x) { x[0] = 1; }\n}\n", "k")]
    [TestCase("typedef float real;\n__global__ void k(real* x) { x[0] = 1; }\n", "k")]
    [TestCase("#if __CUDA_ARCH__ > 2000\n__global__ void future(float* x) { x[0] = 1; }\n#endif\n__global__ void k(float* x) { x[0] = 1; }\n", "future,k")]
    [TestCase("#ifdef NEVER\n__global__ void k(int* x) { x[0] = 1; }\n#endif\n__global__ void k(float* x) { x[0] = 1; }\n", "k(int*),k(float*)")]
    public void AgreeOrAreLeftOutOnPurpose(string source, string launchers)
    {
        Add(source, "");

        var run = Project.Run().MustSucceed();

        Assert.That(run.Warnings.Select(warning => warning.Code), Has.None.EqualTo("FUSION1605"));
        Assert.That(LauncherNames(""), Is.EqualTo(launchers.Split(',')));
    }

    [TestCase("#include \"more.cuh\"\n__global__ void k(float* x) { x[0] = 1; }\n", "'k'", "'k(float*)', 'k(int*)'")]
    [TestCase("#include \"name.cuh\"\nextern \"C\" __global__ void NAME(float* x) { x[0] = 1; }\n", "'NAME'", "'from_header'")]
    public void AKernelThatAHeaderOrAMacroRenamesIsAWarning(string source, string launcher, string kernels)
    {
        // Among the SDK's own headers, which launchers do not look into.
        Project.Write("options/more.cuh", "__global__ void k(int* x) { x[0] = 1; }\n");
        Project.Write("options/name.cuh", "#define NAME from_header\n");
        Add(source, "");
        Project.Request.FusionIncludePath = Project.PathOf("options");

        var warning = Project.Run().MustSucceed().Warnings.Single();

        Assert.That(warning.Code, Is.EqualTo("FUSION1605"));
        Assert.That(warning.Message, Does.Contain($"for {launcher}").And.Contain(kernels));
    }

    private void Add(string source, string expressions)
    {
        Project.Add("k.cu", source)["NameExpressions"] = expressions;
        Project.Request.ChecksLaunchers = true;
    }

    private string[] LauncherNames(string expressions)
    {
        var text = File.ReadAllText(Project.PathOf("k.cu"));
        var kernel = new KernelRequest { Source = "k.cu", Name = "k", ["NameExpressions"] = expressions };
        return [.. new LauncherSource(kernel, text, [], new TypeMap([]), new DeviceTypeNames("Types."), _ => { }).Read().Select(launcher => launcher.Kernel)];
    }
}
