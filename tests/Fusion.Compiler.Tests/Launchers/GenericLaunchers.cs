using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class GenericLaunchers : LauncherTest
{
    [TestCase("template <typename T> __global__ void add(T* x, const T* y, T f, int n) {}", "add<float>;add<double>",
        "Add<T>(Pointer<T> x, Pointer<T> y, T f, int n): float=0 double=1")]
    [TestCase("template <typename T, int N> __global__ void add(T* x) {}", "add<float, 4>;add<int, 4>;add<int, 8>", "Add4<T>(Pointer<T> x): float=0 int=1; Add8<T>(Pointer<T> x): int=2")]
    [TestCase("template <class scalar_t, class TOut = float> __global__ void cast(const scalar_t* x, TOut* y) {}", "cast<int>;cast<int, double>",
        "Cast<TScalarT, TOut>(Pointer<TScalarT> x, Pointer<TOut> y): int,float=0 int,double=1")]
    [TestCase("struct P { float x; };\ntemplate <typename T> __global__ void add(T* x, P p) {}", "add<P>", "Add<T>(Pointer<T> x, Types.P p): Types.P=0")]
    [TestCase("template <typename T> __global__ void add(T* x) {}", "add<char>;add<signed char>", "Add<T>(Pointer<T> x): sbyte=0")]
    [TestCase("template <typename T> __global__ void add(Vec<T> x) {}", "add<float>", "")]
    [TestCase("template <typename T> __global__ void add(T x) {}", "add<float*>", "")]
    [TestCase("template <int N> __global__ void add(float* x) {}", "add<4>", "")]
    [TestCase("template <typename T> __global__ void add(typename T::value x) {}", "add<float>", "")]
    public void HaveTheTypeParametersOfTheTemplate(string source, string expressions, string expected) =>
        Assert.That(Describe(Read(source, expressions)), Is.EqualTo(expected));

    [Test]
    public void OfAnInstantiationInTheFileAreThereToo() => Assert.That(
        Describe(Read("template <typename T> __global__ void add(T* x) {}\ntemplate __global__ void add<half>(half* x);\n")),
        Is.EqualTo("Add<T>(Pointer<T> x): Half=0"));

    [Test]
    public void OfTwoNamespacesHaveNamesOfTheirOwn() => Assert.That(
        Describe(Read("namespace a { template <class T> __global__ void f(T* x) {} }\nnamespace b { template <class T> __global__ void f(T* x) {} }\n", "a::f<int>;b::f<int>")),
        Is.EqualTo("AF<T>(Pointer<T> x): int=0; BF<T>(Pointer<T> x): int=1"));

    [Test]
    public void NeedAnInstantiationWhichAWarningSays()
    {
        Assert.That(Read("// A comment.\ntemplate <typename T, int N>\n__global__ void add(T* x) {}\nint main() { add<float, 4><<<1, 1>>>(nullptr); }\n"), Is.Empty);

        var warning = Warnings.Single();
        Assert.That((warning.Code, warning.Line), Is.EqualTo(("FUSION1608", 2)));
        Assert.That(warning.Message, Does.Contain("'add' has no instantiation").And.Contain("NameExpressions").And.Contain("add<float, 4>"));
    }

    [TestCase("add<float>")]
    [TestCase("math::add<float>")]
    [TestCase("add<Own>")]
    public void WithAnInstantiationSayNothing(string expression)
    {
        Read("struct Own;\nnamespace math { template <class T> __global__ void add(T* x) {} }", expression);

        Assert.That(Warnings.Where(warning => warning.Code == "FUSION1608"), Is.Empty);
    }

    [Test]
    public void WithAnInstantiationWhoseTypesAreNotKnownSayNothing()
    {
        Read("template <class T> __global__ void add(T* x) {}\ntemplate __global__ void add<Own>(Own* x);\n");

        Assert.That(Warnings, Is.Empty);
    }

    private static string Describe(IReadOnlyList<Launcher> launchers) => string.Join("; ", GenericLauncher.Of(launchers, "Kernels").Select(generic =>
        $"{generic.Launcher.ClassName}<{string.Join(", ", generic.Names)}>({string.Join(", ", generic.Launcher.Parameters!.Select(p => $"{Short(p.CSharp.CSharp)} {p.Name}"))}): "
        + string.Join(' ', generic.Instances.Select(one => $"{string.Join(',', one.Types.Select(Short))}={one.Index}"))));
}
