namespace Fusion.Compiler.Tests.Launchers;

internal sealed class KernelsOfASource : LauncherTest
{
    [TestCase("extern \"C\" __global__ void k(int n) {}", "k(int n)")]
    [TestCase("namespace a::b { namespace { __global__ void k(int n) {} } }", "a::b::k(int n)")]
    [TestCase("namespace a { inline namespace v1 { __global__ void k(int n) {} } }", "a::v1::k(int n)")]
    [TestCase("__global__ [[maybe_unused]] void __launch_bounds__(256, 2) k(int n) {}", "k(int n)")]
    [TestCase("__global__ void k(int /* rows */ n, // columns\n float e) {}", "k(int n, float e)")]
    [TestCase("__global__ void \\\n  k(int \\\r\n n) {}", "k(int n)")]
    [TestCase("#if 0\n__global__ void a() {}\n#endif\n__global__ void k() {}", "k()")]
    [TestCase("const char* s = R\"(__global__ void a() {})\"; __global__ void k() {}", "k()")]
    [TestCase("// __global__ void a() {}\n__global__ void k() {}", "k()")]
    [TestCase("__global__ void k(int); __global__ void k(int n) {}", "k(int n)")]
    [TestCase("__global__ void k(int);", "", Description = "declared alone")]
    [TestCase("__device__ int f(int n) { return n; }", "")]
    public void EachHasALauncherWithItsParameters(string source, string expected)
    {
        Assert.That(Signatures(source), Is.EqualTo(expected));
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public void OverloadsHaveTheNamesOfTheManifest() => Assert.That(
        Signatures("__global__ void k(float* x) {} __global__ void k(double* x) {}"), Is.EqualTo("k(float*)(Pointer<float> x); k(double*)(Pointer<double> x)"));

    [TestCase("#define KERNEL(name) __global__ void name(float* x)\n#define KERNEL(name) __global__ void name(int* x)\n  KERNEL(k) {}", "", 3, 3)]
    [TestCase("#define NAME k\n__global__ void NAME(float* x) {}", "", 2, 1)]
    [TestCase("\n__global__ void NAME(k)(float* x) {}", "", 2, 1)]
    [TestCase("__global__ void NAME(float* x) {}", "A;NAME=k", 1, 1)]
    public void AKernelThatAMacroDeclaresIsAWarning(string source, string defines, int line, int column)
    {
        Assert.That(Signatures(source, defines: defines), Is.Empty);
        var warning = Warnings.Single();
        Assert.That((warning.Code, warning.Line, warning.Column), Is.EqualTo(("FUSION1602", line, column)));
        Assert.That(warning.Message, Does.Contain("macro"));
    }

    [TestCase("#define PARAMS float* x, int n\n__global__ void k(PARAMS) {}")]
    [TestCase("__global__ void k(int n\n#ifdef X\n, float e\n#endif\n) {}")]
    public void ParametersThatDependOnThePreprocessorAreUntyped(string source)
    {
        Assert.That(Signatures(source), Is.EqualTo("k(?)"));
        Assert.That(Warnings.Single().Code, Is.EqualTo("FUSION1601"));
    }

    [Test]
    public void AMacroForATypeLeavesTheOthersTyped() =>
        Assert.That(Signatures("#define REAL float\n__global__ void k(REAL x, int n) {}"), Is.EqualTo("k(? x, int n)"));

    [TestCase("__global__ void __launch_bounds__(256, 2) k() {}", "256, 2", null)]
    [TestCase("__launch_bounds__(kThreads) __global__ void k() {}", "kThreads", null)]
    [TestCase("__global__ void k() __launch_bounds__(4 * 32) {}", "4 * 32", null)]
    [TestCase("__global__ void __cluster_dims__(2, 1, 1) k() {}", null, "2, 1, 1")]
    [TestCase("__global__ void __launch_bounds__(64) a(); __global__ void k() {}", null, null)]
    public void LaunchBoundsAndClustersAreUnderstood(string source, string? bounds, string? cluster)
    {
        var launcher = Read(source).Single();

        Assert.That((launcher.LaunchBounds, launcher.ClusterSize), Is.EqualTo((bounds, cluster)));
    }
}
