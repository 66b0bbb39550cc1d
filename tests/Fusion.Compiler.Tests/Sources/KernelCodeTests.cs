using Fusion.Compiler.Sources;

namespace Fusion.Compiler.Tests.Sources;

public static class KernelCodeTests
{
    private const string Kernel = "__global__ void k(float* x) { x[0] = 1; }";

    [TestCase("int main() { k<<<1, 1>>>(0); return 0; }")]
    [TestCase("int main(int argc, char** argv)\n{\n  if (argc > 1) { return 1; }\n}")]
    [TestCase("static int counter;")]
    [TestCase("std::vector<float> values = {1, 2};")]
    [TestCase("const char* names[] = {\"a\"};")]
    [TestCase("void launch(float*, int, cudaStream_t);")]
    [TestCase("extern \"C\" void launch(float* x) { k<<<1, 1>>>(x); }")]
    [TestCase("template <typename T> void launch(T* x) { k<<<1, 1>>>(x); }")]
    [TestCase("__host__ void reference(float* x) { x[0] = 1; }")]
    [TestCase("struct Timer { cudaEvent_t begin; void start() { cudaEventRecord(begin); } };")]
    [TestCase("class Options { std::string name; public: Options(); int size() const { return 1; } };")]
    [TestCase("int Options::size() const { return 1; }")]
    [TestCase("Options::Options() : name(\"a\") { }")]
    [TestCase("std::ostream& operator<<(std::ostream& out, int v) { return out; }")]
    [TestCase("using namespace cv;")]
    [TestCase("using std::vector;")]
    [TestCase("auto square = [](int a) { return a * a; };")]
    [TestCase("namespace host { int main2() { return 1; } }", "namespace host {")]
    [TestCase("void many()\n#ifdef A\n{\n#else\n{ int b;\n#endif\n}", "#ifdef A", "#else", "#endif")]
    [TestCase("template void launch<float>(float* x);")]
    public static void WhatIsForTheHostIsBlank(string host, params string[] stays)
    {
        var code = KernelCode.Of($"int before();\n{host}\n{Kernel}\n", []);

        var left = code.Text.Replace("int before();", "", StringComparison.Ordinal).Replace(Kernel, "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);
        foreach (var part in stays) left = left.Replace(part, "", StringComparison.Ordinal);
        Assert.That(left.Trim(), Is.Empty, code.Text);
        Assert.That(code.Text, Does.Contain(Kernel));
        Assert.That(code.LeftOut[0].First, Is.EqualTo(1));
    }

    [TestCase("struct Point { float x, y; };\n__device__ Point p;\n")]
    [TestCase("typedef struct { float x; } Point;\n__device__ Point p;\n")]
    [TestCase("using Real = float;\n__device__ Real p;\n")]
    [TestCase("typedef float Real;\n__device__ Real p;\n")]
    [TestCase("enum Mode { kFast, kSlow };\n__device__ int p = kSlow;\n")]
    [TestCase("const int N = 4;\n__device__ int p[N];\n")]
    [TestCase("constexpr int twice(int a) { return 2 * a; }\n__device__ int p[twice(3)];\n")]
    [TestCase("const int A = 4;\nconst int B = A;\n__device__ int p[B];\n")]
    [TestCase("const int A = 4;\n#define SIZE (A + 1)\n__device__ int p[SIZE];\n")]
    [TestCase("#define GPU __device__ inline\nGPU float f(float a) { return a; }\n")]
    [TestCase("#define DEF(name) __global__ void name() {}\nDEF(a)\nDEF(b);\n")]
    [TestCase("#define HEAD(name) extern \"C\" __global__ void name(int* p)\nHEAD(a) { p[0] = 1; }\n")]
    [TestCase("__constant__ float table[3] = {1, 2, 3};\n")]
    [TestCase("template <typename T> struct Sum { __device__ T operator()(T a) const { return a; } };\n__device__ Sum<int> s;\n")]
    [TestCase("static __device__ __forceinline__ float g() { return 1; }\n")]
    [TestCase("template __global__ void scale<float>(float*);\n")]
    [TestCase("using namespace std;\n__device__ int a;\n")]
    [TestCase("namespace own { __device__ int a; }\nusing namespace own;\n__device__ int b;\n")]
    [TestCase("extern __shared__ float buffer[];\n")]
    [TestCase("static_assert(sizeof(int) == 4, \"\");\n")]
    public static void WhatKernelsNeedStays(string device)
    {
        var code = KernelCode.Of($"{device}int main() {{ return 0; }}\n", []);

        Assert.That(code.Text, Does.StartWith(device));
        Assert.That(code.Text[device.Length..].Trim(), Is.Empty);
    }

    [Test]
    public static void OfAClassThatKernelsUseTheHostsMethodsAreBlank()
    {
        var code = KernelCode.Of("struct P { float x; P() = default; P(float v) : x(v) {} __device__ float get() const { return x; } void print() { puts(\"\"); } };\n"
            + "__global__ void k(P p) { p.get(); }\n", []);

        Assert.That(code.Text, Does.Contain("float x; P() = default;").And.Contain("float get() const { return x; }").And.Contain("};\n__global__")
            .And.Not.Contain("puts").And.Not.Contain("P(float v)"));
    }

    [Test]
    public static void LinesAndColumnsStay()
    {
        var text = "#include <a>\r\nint main()\r\n{ /* \r\n*/ }\r\n__global__ void k() {}\r\n";

        var code = KernelCode.Of(text, []);

        Assert.That(code.Text, Has.Length.EqualTo(text.Length));
        Assert.That(code.Text.IndexOf("__global__", StringComparison.Ordinal), Is.EqualTo(text.IndexOf("__global__", StringComparison.Ordinal)));
        Assert.That(code.Text.Count('\n'), Is.EqualTo(text.Count('\n')));
        Assert.That(code.LeftOut, Is.EqualTo(new[] { (2, 4) }));
    }

    [TestCase("__global__ void k() {}\n")]
    [TestCase("const int N = 3;\nstruct Unused { int a; };\n__global__ void k() {}\n")]
    [TestCase("#ifndef __CUDACC_RTC__\nint main() { return 0; }\n#endif\n__global__ void k() {}\n")]
    [TestCase("#if !defined(__CUDACC_RTC__)\nint main() { return 0; }\n#else\n#endif\n__global__ void k() {}\n")]
    [TestCase("nonsense\n")]
    [TestCase("nonsense;\n__global__ void k() {}\n")]
    [TestCase("__globl__ void k() {}\n")]
    [TestCase("int unfinished\n")]
    [TestCase("UNKNOWN_API void launch(int a) {}\n__global__ void k() {}\n")]
    public static void ASourceWithoutKnownHostCodeIsAsItIs(string text)
    {
        var code = KernelCode.Of(text, []);

        Assert.That(code.Text, Is.EqualTo(text));
        Assert.That(code.HasHostCode, Is.False);
    }

    [Test]
    public static void MacrosOfHeadersAreKnown() => Assert.That(
        KernelCode.Of("GPU float f() { return 1; }\nint main() {}\n", [MacroTable.Of("#define GPU __device__\n")]).Text, Does.Contain("GPU float f() { return 1; }"));

    [TestCase("int main() {")]
    [TestCase("struct A { void f(")]
    [TestCase("template <")]
    [TestCase("namespace {")]
    [TestCase("#define A(\nA(")]
    [TestCase("extern \"C\"")]
    [TestCase("}}} int a")]
    public static void ATextThatIsCutOffIsTaken(string text) => Assert.That(KernelCode.Of(text, []).Text, Has.Length.EqualTo(text.Length));

    [Test]
    public static void AFileOfThousandsOfFunctionsIsTaken()
    {
        var body = new string('x', 500);
        var text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"__global__ void k{i}(int* p) {{ p[0] = 1; /* {body} */ }}\nvoid launch{i}() {{ k{i}<<<1, 1>>>(0); }}\n"));

        var code = KernelCode.Of(text, []);

        Assert.That(code.LeftOut, Has.Count.EqualTo(3000));
        Assert.That(code.Text, Does.Not.Contain("launch").And.Contain("k2999"));
    }
}
