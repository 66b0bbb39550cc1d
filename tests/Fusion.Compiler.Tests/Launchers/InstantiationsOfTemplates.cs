namespace Fusion.Compiler.Tests.Launchers;

internal sealed class InstantiationsOfTemplates : LauncherTest
{
    private const string Scale = "namespace math { template <typename T, int N = 4> __global__ void scale(T* x, const T* y, T f, Vec<T, N> v, int n) {} }\n";

    [TestCase("math::scale<float>", "math::scale<float>(Pointer<float> x, Pointer<float> y, float f, ? v, int n)")]
    [TestCase("math::scale<unsigned int, 2>", "math::scale<unsigned int, 2>(Pointer<uint> x, Pointer<uint> y, uint f, ? v, int n)")]
    [TestCase("scale<fusion::bf16>", "scale<fusion::bf16>(Pointer<BFloat16> x, Pointer<BFloat16> y, BFloat16 f, ? v, int n)")]
    [TestCase("&::math::scale<float>", "math::scale<float>(Pointer<float> x, Pointer<float> y, float f, ? v, int n)")]
    public void TakeTheArgumentsInThePlacesOfTheParameters(string expression, string expected) =>
        Assert.That(Signatures(Scale, expression), Is.EqualTo(expected));

    [TestCase("math::scale<float>", "Vec4")]
    [TestCase("math::scale<float, 4>", "Vec4")]
    public void FindTypesWithTheirArguments(string expression, string expected)
    {
        Assert.That(Signatures(Scale, expression, types: ("Vec<float, 4>", expected)), Does.Contain($"{expected} v"));
        Assert.That(Warnings, Is.Empty);
    }

    [Test]
    public void DoNotMistakeAPointerForItsElement() => Assert.That(
        Signatures("template <class T> __global__ void k(const T* x, T y) {}", "k<float*>"), Is.EqualTo("k<float*>(? x, Pointer<float> y)"));

    [TestCase("of_header<float>", "no kernel that is declared in this file itself")]
    [TestCase("(void (*)(float))k", "more than a name")]
    [TestCase("several<float>", "fits several kernels")]
    [TestCase("pack<float, int>", "any number of parameters")]
    public void WithoutADeclarationHereAreUntypedWithAWarning(string expression, string why)
    {
        const string Source = """
            template <class T> __global__ void several(T* x) {}
            template <class T> __global__ void several(T* x, int n) {}
            template <class... Ts> __global__ void pack(Ts... values) {}
            """;

        Assert.That(Signatures(Source, expression), Is.EqualTo($"{expression}(?)"));
        Assert.That(Warnings.Single(warning => warning.Code == "FUSION1603").Message, Does.Contain(why).And.Contain(expression));
    }

    [Test]
    public void OfAKernelThatIsNoTemplateRenameIt() =>
        Assert.That(Signatures("namespace a { __global__ void k(int n) {} }", "a::k"), Is.EqualTo("a::k(int n)"));
}
