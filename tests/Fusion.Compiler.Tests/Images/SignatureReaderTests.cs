using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class SignatureReaderTests
{
    private static string Read(params string[] sources) => string.Join("; ", SignatureReader.Read(sources)
        .Select(s => $"{(s.IsTemplate ? "template " : "")}{s.Name}({string.Join(", ", s.Parameters.Select(p => $"{p.Type} {p.Name}"))})"));

    [TestCase("__global__ void k(int n) {}", "k(int n)")]
    [TestCase("extern \"C\" __global__ void k() {}", "k()")]
    [TestCase("static inline __global__ void k(void) {}", "k()")]
    [TestCase("void __global__ k(int n) {}", "k(int n)")]
    [TestCase("__global__ void __launch_bounds__(256, 2) k(int n) {}", "k(int n)")]
    [TestCase("__launch_bounds__(256) __global__ void k(int n) {}", "k(int n)")]
    [TestCase("__global__ void k(int n) __launch_bounds__(sizeof(int) * (8)) {}", "k(int n)")]
    [TestCase("__global__ void __cluster_dims__(2, 1, 1) __block_size__((256), (2)) k(int n) {}", "k(int n)")]
    [TestCase("__global__ [[maybe_unused]] void k(int n) {}", "k(int n)")]
    [TestCase("__attribute__((used)) __global__ void __attribute__((noinline)) k(int n) {}", "k(int n)")]
    [TestCase("__global__ void BOUNDS(256) k(int n) {}", "k(int n)")]
    [TestCase("__global__ void k(int n) noexcept {}", "k(int n)")]
    [TestCase("__global__ auto k(int n) -> decltype(f(n)) {}", "k(int n)")]
    [TestCase("__global__ void\n#ifdef X\n__launch_bounds__(X)\n#endif\nk(int n) {}", "k(int n)")]
    [TestCase("/* __global__ void a() */ // __global__ void b()\nconst char* s = \"__global__ void c()\";", "")]
    [TestCase("#define K __global__ void k() \\\n {}\nint __global__x;", "")]
    [TestCase("__global__", "")]
    [TestCase("__global__ int x; void f() {}", "")]
    public void AKernelIsFoundAmongItsSpecifiers(string source, string expected) =>
        Assert.That(Read(source), Is.EqualTo(expected));

    [TestCase("template <typename T, int N = (1 > 0)> __global__ void k(T* x) {} __global__ void l() {}", "template k(T* x); l()")]
    [TestCase("template <template <class> class F, class = X<(1 < 2)>> __global__ void k(F<int> f) {}", "template k(F<int> f)")]
    [TestCase("template <class T> requires (sizeof(T) == 4) __global__ void k(T x) {}", "template k(T x)")]
    [TestCase("template <class T> __global__ void k(T x) requires C<T> {}", "template k(T x)")]
    [TestCase("template <class T> __global__ std::enable_if_t<sizeof(T) == 4, void> k(T x) {}", "template k(T x)")]
    [TestCase("template <class T> struct S { T v; }; __global__ void k(S<int> s) {}", "k(S<int> s)")]
    [TestCase("template <class T> __global__ void k(T x) {} template __global__ void k<int>(int); template <> __global__ void k<float>(float y) {}", "template k(T x)")]
    public void ATemplateIsFoundOnceWithTheTypesAsWritten(string source, string expected) =>
        Assert.That(Read(source), Is.EqualTo(expected));

    [TestCase("namespace a { namespace b { __global__ void k() {} } __global__ void l() {} } __global__ void m() {}", "a::b::k(); a::l(); m()")]
    [TestCase("namespace a::b { inline namespace v1 { __global__ void k() {} } }", "a::b::v1::k()")]
    [TestCase("namespace a::inline v2 { __global__ void k() {} }", "a::v2::k()")]
    [TestCase("namespace a { namespace { __global__ void k() {} } }", "a::k()")]
    [TestCase("namespace [[deprecated(\"}\")]] a { extern \"C++\" { __global__ void k() {} } }", "a::k()")]
    [TestCase("namespace a { extern \"C\" { __global__ void k() {} } }", "k()", Description = "no namespaces in a symbol of C")]
    [TestCase("extern \"C\" { namespace a { extern \"C++\" __global__ void k() {} } }", "a::k()")]
    [TestCase("namespace a { extern \"C\" __launch_bounds__(64) __global__ void k() {} }", "k()")]
    [TestCase("namespace a { extern \"C\" int f(); __global__ void k() {} }", "a::k()")]
    [TestCase("namespace b = a; using namespace b; __global__ void k() {}", "k()")]
    [TestCase("namespace a { __global__ void k(); } __global__ void a::k() {}", "a::k()")]
    [TestCase("namespace a { struct S { void f() { if (x) { } } }; __global__ void k() {} }", "a::k()")]
    [TestCase("namespace a {\n#if X\nvoid f() {\n#else\nvoid f(int) {\n#endif\n}\n__global__ void k() {}\n}\n__global__ void l() {}", "a::k(); l()")]
    [TestCase("} } __global__ void k() {}", "k()")]
    public void AKernelCarriesItsNamespaces(string source, string expected) => Assert.That(Read(source), Is.EqualTo(expected));

    [TestCase("__global__ void k(const float*, int); __global__ void k(float const * x, const int n) {}", "k(const float* x, int n)")]
    [TestCase("__global__ void k(float* x) {} __global__ void k(float* other);", "k(float* x)")]
    [TestCase("__global__ void k(float* x) {} __global__ void k(int* x) {}", "k(float* x); k(int* x)")]
    public void ADeclarationAndItsDefinitionAreOneKernel(string source, string expected) =>
        Assert.That(Read(source), Is.EqualTo(expected));

    [Test]
    public void ADefinitionInAnotherFileGivesTheNames() =>
        Assert.That(Read("__global__ void k(int);", "__global__ void k(int n) {}"), Is.EqualTo("k(int n)"));

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool AnyCutOfASourceIsRead(uint start, uint length)
    {
        var source = TestImages.Source;
        var from = (int)(start % source.Length);
        return SignatureReader.Read([source.Substring(from, (int)(length % (source.Length - from)))]).All(s => s.Name.Length > 0);
    }
}
