using Fusion.Compiler.Images;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Images;

internal sealed class KernelReaderTests
{
    private static readonly string[] Names =
    [
        "caller", "copy", "fill<Pair,2>", "fill<float, 4>", "large", "math::detail::scatter", "math::hidden", "math::sum",
        "nothing", "scale(double*, int)", "scale(float*, int)", "wide",
    ];

    private static IEnumerable<string[]> Cubins => TestImages.Cubins;

    private static string Parameters(KernelEntry kernel) =>
        string.Join(", ", kernel.Parameters.Select(p => $"{p.Type} {p.Name}"));

    [TestCaseSource(nameof(Cubins))]
    public void KernelsHaveTheNamesOfTheSourceInOrder(string nvrtc, string architecture)
    {
        var content = TestImages.Read(nvrtc, architecture);
        var expected = nvrtc == "11.8" ? Names.Where(name => name != "large") : Names;
        Assert.Multiple(() =>
        {
            Assert.That(content.Cubin.Select(k => k.Name), Is.EqualTo(expected));
            Assert.That(content.Ptx.Select(k => k.Name), Is.EqualTo(expected));
        });
    }

    [TestCaseSource(nameof(Cubins))]
    public void ParametersHaveTheNamesAndTypesOfTheSource(string nvrtc, string architecture)
    {
        var kernels = TestImages.Read(nvrtc, architecture).Cubin.ToDictionary(k => k.Name, Parameters);
        Assert.Multiple(() =>
        {
            Assert.That(kernels["copy"], Is.EqualTo("const float* from, float* to, int count"));
            Assert.That(kernels["math::sum"], Is.EqualTo("char tag, Pair pair, const float* values, short arg3, float* out"));
            Assert.That(kernels["math::hidden"], Is.EqualTo("float* out"));
            Assert.That(kernels["fill<float, 4>"], Is.EqualTo("T* x, T value"));
            Assert.That(kernels["scale(double*, int)"], Is.EqualTo("double* x, int n"));
            Assert.That(kernels["caller"], Is.EqualTo("int* out, Count n"));
            Assert.That(kernels["wide"], Is.EqualTo("bool flag, Wide value, int (*)(int) map, float* rows"));
            Assert.That(kernels["nothing"], Is.Empty);
        });
    }

    [TestCase("11.8", "7.8")]
    [TestCase("12.4", "8.4")]
    public void ThePtxVersionIsThatOfTheToolkit(string nvrtc, string version) =>
        Assert.That(TestImages.Read(nvrtc, "sm_80").PtxVersion, Is.EqualTo(version));

    [Test]
    public void OnlyTheCubinSaysWhatAKernelNeeds()
    {
        var content = TestImages.Read("12.4", "sm_90a");
        var cubin = content.Cubin.Single(k => k.Name == "math::sum");
        var ptx = content.Ptx.Single(k => k.Name == "math::sum");
        Assert.Multiple(() =>
        {
            Assert.That((cubin.Registers, cubin.SharedBytes, cubin.LocalBytes, cubin.MaxThreads), Is.EqualTo((14, 1024, 0, 256)));
            Assert.That((ptx.Registers, ptx.SharedBytes, ptx.LocalBytes, ptx.MaxThreads), Is.EqualTo(((int?)null, (int?)null, (int?)null, 256)));
        });
    }

    [Test]
    public void WithoutASourceParametersHaveNumbersAndPtxTypes()
    {
        var content = KernelReader.Read(TestImages.Ptx("12.4"), TestImages.Cubin("12.4", "sm_80"), [], new Dictionary<string, string>());
        var kernels = content.Ptx.ToDictionary(k => k.Name, Parameters);
        Assert.Multiple(() =>
        {
            Assert.That(kernels["math::sum"], Is.EqualTo("u8 arg0, b8[16] arg1, u64 arg2, u16 arg3, u64 arg4"));
            Assert.That(kernels["scale(float*, int)"], Is.EqualTo("u64 arg0, u32 arg1"));
            Assert.That(kernels["fill<Pair, 2>"], Is.EqualTo("u64 arg0, b8[16] arg1"));
        });
    }

    [TestCase("_Z5scalePfi_param_1", ".param .u32 _Z5scalePfi_param_1", ".param .u64 _Z5scalePfi_param_1", "8 bytes at 8 by the PTX, but 8 bytes at 0, 4 bytes at 8")]
    [TestCase("copy", ".entry copy(", ".entry copied(", "'copied'")]
    [TestCase("copy", ".visible .entry copy(", ".visible .func copy(", "'copy', but the PTX does not")]
    public void PtxAndCubinOfDifferentCompilesAreAnErrorThatNamesTheKernel(string symbol, string from, string to, string part)
    {
        var ptx = TestImages.Ptx("12.4");
        Assume.That(ptx, Does.Contain(from), symbol);
        Assert.That(
            () => KernelReader.Read(ptx.Replace(from, to), TestImages.Cubin("12.4", "sm_80"), [], new Dictionary<string, string>()),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(part));
    }
}
