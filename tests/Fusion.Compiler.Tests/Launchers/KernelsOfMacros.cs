namespace Fusion.Compiler.Tests.Launchers;

internal sealed class KernelsOfMacros : LauncherTest
{
    [TestCase("#define ADD(T, NAME) extern \"C\" __global__ void NAME(T* p, T v) { p[0] += v; }\nADD(float, add_f32)\nADD(int, add_i32)\n",
        "add_f32(Pointer<float> p, float v); add_i32(Pointer<int> p, int v)")]
    [TestCase("#define OP(T, NAME) extern \"C\" __global__ \\\n void NAME##_##T(T *x) {}\nOP(float, neg);\n", "neg_float(Pointer<float> x)")]
    [TestCase("#define OUT(T, O, NAME) extern \"C\" __global__ void NAME(const T* x, O* y) {}\n#define SAME(T, NAME) OUT(T, T, NAME)\nSAME(double, copy)\n",
        "copy(Pointer<double> x, Pointer<double> y)")]
    [TestCase("#define TYPE float\n#define K(NAME) __global__ void NAME(TYPE* x) {}\nK(a)\n", "a(Pointer<float> x)")]
    [TestCase("#define HEAD(NAME) __global__ void NAME(int n)\nHEAD(a) { }\nHEAD(b) { }\n", "a(int n); b(int n)")]
    [TestCase("#define KERNEL extern \"C\" __global__ void\nKERNEL a(int n) { }\n", "a(int n)")]
    [TestCase("#define K(NAME, ...) __global__ void NAME(__VA_ARGS__) {}\nK(a, int x, float y)\n", "a(int x, float y)")]
    [TestCase("#define STR(x) #x\n#define K(NAME) __global__ void NAME(int n) { const char* s = STR(a \"b\"); }\nK(a)\n", "a(int n)")]
    [TestCase("#define K(NAME) __global__ void NAME(int n) {}\nnamespace math {\nK(a)\n}\n", "math::a(int n)")]
    [TestCase("#define K(NAME, E) __global__ void NAME(float* x) { x[0] = E; }\nK(a, f(1, 2))\n", "a(Pointer<float> x)")]
    [TestCase("#define K(T, NAME) __global__ void NAME(T* x) {}\n#define TYPES(of, NAME) of(float, NAME##_f) of(int, NAME##_i)\nTYPES(K, a)\n", "a_f(Pointer<float> x); a_i(Pointer<int> x)")]
    [TestCase("#define LIST(X) X(a) X(b)\n#define K(NAME) __global__ void NAME(int n) {}\nLIST(K)\n", "a(int n); b(int n)")]
    [TestCase("#define APPLY(X, ...) X(__VA_ARGS__)\n#define K(NAME, T) __global__ void NAME(T* x) {}\nAPPLY(APPLY, K, a, float)\n", "")]
    [TestCase("#define CALL(f, x) f(x)\n#define K(NAME) __global__ void NAME(int n) {}\nK(a)\n__device__ int g(int x) { return CALL(h, x); }\n", "a(int n)")]
    public void HaveLaunchers(string source, string expected)
    {
        Assert.That(Signatures(source), Is.EqualTo(expected));
        Assert.That(Warnings, Is.Empty);
    }

    [TestCase("#define K(T, NAME) __global__ void NAME(T* x) {}", "K(float, a)", "a(Pointer<float> x)")]
    [TestCase("#define CAT_(a, b) a##b\n#define CAT(a, b) CAT_(a, b)\n#define K(NAME, ...) __global__ void CAT(NAME, _k)(__VA_ARGS__) {}", "K(add, int n, float* x)", "add_k(int n, Pointer<float> x)")]
    [TestCase("#define K(NAME, args...) __global__ void NAME(args) {}", "K(a, int n, int m)", "a(int n, int m)")]
    [TestCase("#define K(NAME, ...) __global__ void NAME(int n, ## __VA_ARGS__) {}", "K(a) K(b, float f)", "a(int n); b(int n, float f)")]
    [TestCase("#define NAME(x) #x\n#define K(N) __global__ void N(int n) { printf(NAME(N)); }", "K(a)", "a(int n)")]
    [TestCase("#define T float", "#define K(N) __global__ void N(T* x) {}\nK(a)", "a(Pointer<float> x)")]
    public void OfAHeaderHaveLaunchersToo(string header, string source, string expected)
    {
        Headers.Add($"#pragma once\n{header}\n");

        Assert.That(Signatures(source), Is.EqualTo(expected));
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public void OfMetadataAreExpanded() => Assert.That(
        Signatures("#define K(N) __global__ void N(REAL* x) {}\nK(a)", defines: "REAL=double;OTHER"), Is.EqualTo("a(Pointer<double> x)"));

    [Test]
    public void ThatAHeaderDefinesInAnotherWayAreOneWarning()
    {
        Headers.Add("#define K(N) __global__ void N(int x) {}\n");
        Signatures("#define K(N) __global__ void N(float x) {}\nK(a)\nK(b)\n");

        Assert.That(Warnings.Select(w => (w.Code, w.Line)), Is.EqualTo(new[] { ("FUSION1602", 2) }));
    }

    [Test]
    public void ThatAreAChainOfThousandsHaveNoLauncher()
    {
        var chain = string.Concat(Enumerable.Range(1, 20_000).Select(i => $"#define M{i}(N) M{i - 1}(N)\n"));
        Read($"#define M0(N) __global__ void N(int x) {{}}\n{chain}M20000(a)\nM100(b)\n");

        Assert.That(Warnings.Select(w => w.Code), Is.EqualTo(new[] { "FUSION1602" }));
        Assert.That(Warnings[0].Message, Does.Contain("'M20000'").And.Contain("deeper than 200"));
    }

    [Test]
    public void ThatTheFileDefinesInTwoWaysAreOneWarningAMacro()
    {
        Signatures("#ifdef A\n#define K(N) __global__ void N(int x) {}\n#else\n#define K(N) __global__ void N(float x) {}\n#endif\nK(a)\nK(b)\nK(c)\n");

        Assert.That(Warnings.Select(w => (w.Code, w.Line)), Is.EqualTo(new[] { ("FUSION1602", 6) }));
    }

    [Test]
    public void ThatNeverEndExpandingComeToAnEnd()
    {
        var source = "#define K(N) __global__ void N(int x) {} K(N)\n#define A B\n#define B A\n#define L(N) __global__ void N(A x) {}\nK(a)\nL(b)\n";

        Assert.That(Read(source), Is.Not.Empty);
    }

    [Test]
    public void ThatGrowWithoutEndHaveNoLauncher()
    {
        var levels = string.Concat(Enumerable.Range(1, 40).Select(i => $"#define M{i}(N) M{i - 1}(N) M{i - 1}(N)\n"));
        Read($"#define M0(N) __global__ void N(int x) {{}}\n{levels}M40(a)\n");

        Assert.That(Warnings.Select(w => w.Code), Is.EqualTo(new[] { "FUSION1602" }));
    }

    [Test]
    public void AWarningIsAtTheUse()
    {
        Read("#define K(NAME) \\\n  __global__ void NAME(Odd x) {}\n\nK(a)\n");

        Assert.That(Warnings.Select(w => (w.Code, w.Line)), Is.EqualTo(new[] { ("FUSION1601", 4) }));
    }

    [TestCase("template <typename T> __global__ void f(T* x, int n) {}\ntemplate __global__ void f<float>(float*, int);\n", "f<float>(Pointer<float> x, int n)")]
    [TestCase("template <typename T> __global__ void f(T x) {}\ntemplate <> __global__ void f<uint8_t>(uint8_t x) {}\n", "f<unsigned char>(byte x)")]
    [TestCase("namespace a { template <typename T, int N> __global__ void f(T* x) {}\ntemplate __global__ void f<half, 4>(half*); }\n", "a::f<__half, 4>(Pointer<Half> x)")]
    [TestCase("template <typename T> __global__ void f(T x) {}\ntemplate __global__ void f<Own>(Own x);\n", "")]
    [TestCase("__global__ auto f(int* p) -> void { p[0] = 1; }\n", "f(Pointer<int> p)")]
    [TestCase("__global__ void f(uint a, uchar4* b, int2 c, half2* d, cudaTextureObject_t e, double3* g, clock_t* t) {}\n",
        "f(uint a, Pointer<DeviceVector4<byte>> b, DeviceVector2<int> c, Pointer<DeviceVector2<Half>> d, ulong e, Pointer<DeviceVector3<double>> g, Pointer<long> t)")]
    public void SoHaveOtherFormsThatTheCompilerKnows(string source, string expected)
    {
        Assert.That(Signatures(source), Is.EqualTo(expected));
    }
}
