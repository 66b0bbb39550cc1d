using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class SignatureMatcherTests
{
    // A kernel a symbol, with as many parameters as the count says: "symbol/2".
    private static string Describe(string source, params string[] symbols)
    {
        var kernels = symbols.Select(symbol => symbol.Split('/')).Select(parts => new ImageKernel(
            parts[0], [.. Enumerable.Range(0, parts[1][0] - '0').Select(i => new ImageParameter(8 * i, 8, 8, "u64"))])).ToArray();
        var entries = KernelDescriber.Describe(kernels, SignatureReader.Read([source]), new Dictionary<string, string>());
        return string.Join("; ", entries.Select(e => $"{e.Name}: {string.Join(", ", e.Parameters.Select(p => $"{p.Type} {p.Name}"))}"));
    }

    [Test]
    public void OverloadsCarryTheirTypes() => Assert.That(
        Describe("__global__ void k(const float* x, int n); __global__ void k(double* y, int m);", "_Z1kPKfi/2", "_Z1kPdi/2"),
        Is.EqualTo("k(const float*, int): const float* x, int n; k(double*, int): double* y, int m"));

    [Test]
    public void OverloadsOfDifferentLengthAreToldApartByIt() => Assert.That(
        Describe("__global__ void k(Alias x); __global__ void k(Alias y, int m);", "_Z1km/1", "_Z1kmi/2"),
        Is.EqualTo("k(Alias): Alias x; k(Alias, int): Alias y, int m"));

    [Test]
    public void AnAliasIsMatchedByWhatIsLeft() => Assert.That(
        Describe("__global__ void k(Count n); __global__ void k(float x);", "_Z1ky/1", "_Z1kf/1"),
        Is.EqualTo("k(Count): Count n; k(float): float x"));

    [Test]
    public void OverloadsInDoubtKeepPtxTypesAndTheTypesOfTheirSymbols() => Assert.That(
        Describe("__global__ void k(Count n); __global__ void k(Other x);", "_Z1ky/1", "_Z1kf/1"),
        Is.EqualTo("k(unsigned long long): u64 arg0; k(float): u64 arg0"));

    [Test]
    public void ATypeOfTheSameNamespaceMatchesItsFullName() => Assert.That(
        Describe("namespace a { __global__ void k(Pair* p); __global__ void k(int* i); }", "_ZN1a1kEPNS_4PairE/1", "_ZN1a1kEPi/1"),
        Is.EqualTo("a::k(Pair*): Pair* p; a::k(int*): int* i"));

    [Test]
    public void ATemplateAndAFunctionOfOneNameAreDifferent() => Assert.That(
        Describe("template <class T> __global__ void k(T* t); __global__ void k(int* i);", "_Z1kPi/1", "_Z1kIiEvPT_/1"),
        Is.EqualTo("k: int* i; k<int>: T* t"));

    [Test]
    public void AKernelInANamespaceThatAMacroOpensIsFoundByItsOwnName() => Assert.That(
        Describe("BEGIN_NAMESPACE __global__ void k(int* i); END_NAMESPACE", "_ZN3lib1kEPi/1"),
        Is.EqualTo("lib::k: int* i"));

    [Test]
    public void AKernelThatAMacroWritesKeepsPtxTypes() =>
        Assert.That(Describe("KERNEL(k)", "_Z1kPi/1"), Is.EqualTo("k: u64 arg0"));

    [Test]
    public void KernelsOfTwoAnonymousNamespacesKeepTheirSymbols() => Assert.That(
        Describe("", "_ZN12_GLOBAL__N_11kEv/0", "_Z1kv/0"),
        Is.EqualTo("_ZN12_GLOBAL__N_11kEv: ; _Z1kv: "));
}
