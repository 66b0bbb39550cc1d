using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class VariablesOfSources
{
    [TestCase("__constant__ float weights[9];", "float[9] weights 9")]
    [TestCase("__device__ int counter;", "int counter 1")]
    [TestCase("static __device__ unsigned x = f(1, 2), *p, table[2][0x10];", "unsigned int x 1; unsigned int* p 1; unsigned int[2][0x10] table 32")]
    [TestCase("int __device__ x{3};", "int x 1")]
    [TestCase("__device__ __managed__ double m;", "double m 1")]
    [TestCase("extern \"C\" __constant__ int x; extern \"C\" { __device__ long long y; }", "int x 1; long long y 1")]
    [TestCase("namespace a { namespace { __device__ my::P p; } namespace b::c { __constant__ int v[N]; } }", "my::P a::p 1; int[N] a::b::c::v 0")]
    [TestCase("__constant__ __align__(16) float a[4]; alignas(16) __device__ float b[1'000u];", "float[4] a 4; float[1'000u] b 1000")]
    [TestCase("__device__ const float* p; __device__ std::array<float, 4> q;", "const float* p 1; std::array<float, 4> q 1")]
    [TestCase("__constant__ float t[] = {\n#include \"t.inc\"\n};\n__device__ int after;", "float[] t 0; int after 1")]
    [TestCase("__device__ const float c = 2; constexpr __device__ int d = 3; __device__ int* const e = 0;", "const float c 1; const int d 1; const int* e 1")]
    [TestCase("#ifdef X\n__constant__ float w[4];\n#else\n__constant__ float w[4];\n#endif", "float[4] w 4")]
    public void AreThoseOutsideOfFunctionsAndClasses(string source, string expected) => Assert.That(Read(source), Is.EqualTo(expected));

    [TestCase("__device__ float f(float x) { return x; }")]
    [TestCase("__device__ __forceinline__ float f();")]
    [TestCase("template <class T> __device__ T value;")]
    [TestCase("extern __constant__ float w[9];")]
    [TestCase("struct S { static __device__ int x; __device__ void f(); };")]
    [TestCase("__global__ void k() { static __device__ int x; __shared__ int y; }")]
    [TestCase("__device__ float (*f)(float);")]
    [TestCase("__device__ int S::x;")]
    [TestCase("auto f = [] __device__ (int x) { return x; };")]
    [TestCase("#define TABLE __constant__ float t[4]\n// __device__ int x;")]
    [TestCase("__device__")]
    [TestCase("__device__ x")]
    [TestCase("__device__ struct { int a; } x;")]
    public void AreNothingElse(string source) => Assert.That(Read(source), Is.Empty);

    [Test]
    public void AreNotLostBehindAFunction() =>
        Assert.That(Read("__device__ int f(int x) { return x; } __device__ int a;\n__global__ void k() {}\n__constant__ int b;"), Is.EqualTo("int a 1; int b 1"));

    [Test]
    public void KnowTheirComment()
    {
        const string Text = "int x;\n/// The taps.\n__constant__ float taps[9];\n";
        var variable = SignatureReader.ReadVariables([Text]).Single();
        Assert.That(Text[variable.CommentStart..variable.Start], Is.EqualTo("\n/// The taps.\n"));
    }

    private static string Read(string source) => string.Join("; ", SignatureReader.ReadVariables([source])
        .Select(v => $"{(v.IsConst ? "const " : "")}{v.Type} {v.Name} {v.Count}"));
}
