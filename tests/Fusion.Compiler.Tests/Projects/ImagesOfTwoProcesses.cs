using System.Text;
using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Images of a source whose every name is hidden from other sources, compiled in two processes.</summary>
[TestFixture("12.4")]
[TestFixture("11.8", Category = "Nightly")]
public sealed class ImagesOfTwoProcesses(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Hidden = """
        static __device__ float twice(float x) {
          return x * 2 + 1;
        }
        namespace {
        __device__ float state;
        __device__ __noinline__ float third(float x) { return x / 3 + 1; }
        __device__ float thrice(float x) { return x * 3 + 1; }
        }

        """;

    private const string Body = "(float* x) { state += x[0]; x[0] = twice(x[1]) + third(x[2]) + thrice(x[3]); }\n";

    [TestCase("LineInfo", "true")]
    [TestCase("LineInfo", "false")]
    [TestCase("Debug", "true")]
    public void AreTheSame(string metadata, string value)
    {
        Project.Add("template.cu", $"{Hidden}template <int N> __global__ void k{Body}", "sm_80;compute_80")["NameExpressions"] = "k<1>;k<2>";
        Project.Add("static.cu", $"{Hidden}static __global__ void k{Body}", "sm_80;compute_80");
        Project.Add("unnamed.cu", $"{Hidden}namespace {{\n__global__ void k{Body}}}\n", "sm_80;compute_80");
        foreach (var kernel in Project.Request.Kernels) kernel[metadata] = value;

        var first = Compile();
        var second = Compile();

        Assert.That(first, Has.Count.EqualTo(6));
        foreach (var (file, bytes) in first) Assert.That(bytes, Is.EqualTo(second[file]), file);
        Assert.That(Project.Manifest.Modules.SelectMany(module => module.Images).SelectMany(image => image.Kernels).Select(kernel => kernel.Name).Distinct(), Is.EquivalentTo(["k", "k<1>", "k<2>"]));
    }

    [TestCase("LineInfo", "true")]
    [TestCase("LineInfo", "false")]
    [TestCase("Debug", "true")]
    public void AreThoseOfAProcessThatCompiledOthersBefore(string metadata, string value)
    {
        Project.Request.MaxParallelism = 1;
        const string pointed = "namespace {\n__device__ __noinline__ float (*function(int i))(float) { return i ? third : thrice; }\n}\n";
        var calls = string.Concat(Enumerable.Range(0, 12).Select(i => $"x[{i}] = third(x[{i + 1}]);\n")) + "x[20] = function(int(x[21]))(x[22]);\n";
        Project.Add("k.cu", $"{Hidden}{pointed}__global__ void k(float* x) {{\n{calls}}}\n", "sm_80;compute_80")[metadata] = value;
        var alone = Compile();
        foreach (var name in new[] { "a", "b", "c" })
            Project.Add($"{name}.cu", $"{Hidden}{pointed}__global__ void {name}(float* x) {{\n{calls}}}\n", "sm_80;compute_80")[metadata] = value;
        Project.Request.Kernels.Reverse();

        var withOthers = Compile();

        Assert.That(withOthers, Has.Count.EqualTo(8));
        Assert.That(Encoding.UTF8.GetString(alone["k.compute_80.ptx"]), Does.Contain("callseq 12,").And.Contain("prototype_"));
        foreach (var (file, bytes) in alone) Assert.That(bytes, Is.EqualTo(withOthers[file]), file);
    }

    [Test]
    public void HaveNothingOfTheFunctionThatNamesThem()
    {
        Project.Add("template.cu", $"{Hidden}template <int N> __global__ void k{Body}", "sm_80;compute_80")["NameExpressions"] = "k<1>";
        Project.Request.Kernels[0]["LineInfo"] = "true";

        foreach (var (file, bytes) in Compile()) Assert.That(Encoding.Latin1.GetString(bytes), Does.Not.Contain("fusion").And.Contain("GLOBAL__N"), file);
    }

    [Test]
    public void AreMadeWhereTheSourceHasAFunctionOfThatName()
    {
        Project.Add("k.cu", "extern \"C\" __device__ void fusion_unit() {}\n" + KernelProject.Simple);

        Assert.That(Project.Run().MustSucceed().Warnings, Is.Empty);
    }

    [TestCase("// The end \\")]
    [TestCase("#define LAST(x) \\")]
    [TestCase("// The end")]
    public void AreTheSameWhateverTheLastLine(string last)
    {
        Project.Add("k.cu", $"{Hidden}static __global__ void k{Body}{last}", "sm_80;compute_80")["LineInfo"] = "true";

        var first = Compile();

        Assert.That(Compile(), Is.EqualTo(first));
    }

    // In a folder that was emptied, for images are taken where they are found.
    private SortedDictionary<string, byte[]> Compile()
    {
        if (Directory.Exists(Project.PathOf("obj"))) Directory.Delete(Project.PathOf("obj"), recursive: true);
        var run = CompilerProcess.Run(Project.Root, Nvrtc, "--request", Project.Write("obj/request", Project.Request.ToText()));
        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, "")), run.Output);
        var images = Project.Files.Where(file => Path.GetExtension(file) is ".ptx" or ".cubin");
        return new(images.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(Project.Images, file))), StringComparer.Ordinal);
    }
}
