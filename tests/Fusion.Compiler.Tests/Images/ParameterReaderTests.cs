using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class ParameterReaderTests
{
    private static string Read(string parameters) =>
        string.Join(" | ", ParameterReader.Read(CppTokenizer.Read(parameters)).Select(p => $"{p.Type} | {p.Name}"));

    [TestCase("const float* __restrict__ x", "const float* | x")]
    [TestCase("float const *const x", "const float* | x")]
    [TestCase("float const * const * x", "const float* const* | x")]
    [TestCase("const int n", "int | n")]
    [TestCase("int const volatile n", "int | n")]
    [TestCase("volatile const int *n", "const volatile int* | n")]
    [TestCase("const T& x", "const T& | x")]
    [TestCase("T&& x", "T&& | x")]
    [TestCase("struct Pair p", "Pair | p")]
    [TestCase("const __grid_constant__ Params p", "Params | p")]
    [TestCase("typename Traits<T>::type x", "Traits<T>::type | x")]
    [TestCase("const ::a::Pair p", "::a::Pair | p")]
    [TestCase("std::array<const float *,4> x", "std::array<const float*, 4> | x")]
    [TestCase("[[maybe_unused]] int n", "int | n")]
    [TestCase("alignas(16) Pair p", "Pair | p")]
    [TestCase("decltype(f(1, 2)) x", "decltype(f(1, 2)) | x")]
    [TestCase("int n = f(1, 2)", "int | n")]
    public void ATypeHasOneSpelling(string parameter, string expected) => Assert.That(Read(parameter), Is.EqualTo(expected));

    [TestCase("unsigned n", "unsigned int | n")]
    [TestCase("signed n", "int | n")]
    [TestCase("long unsigned int n", "unsigned long | n")]
    [TestCase("long long int n", "long long | n")]
    [TestCase("int long long unsigned n", "unsigned long long | n")]
    [TestCase("short int n", "short | n")]
    [TestCase("signed char n", "signed char | n")]
    [TestCase("unsigned char* n", "unsigned char* | n")]
    [TestCase("long double n", "long double | n")]
    public void ABuiltinTypeHasItsShortestName(string parameter, string expected) =>
        Assert.That(Read(parameter), Is.EqualTo(expected));

    [TestCase("float x[4]", "float* | x")]
    [TestCase("const float x[]", "const float* | x")]
    [TestCase("float x[2][4]", "float (*)[4] | x")]
    [TestCase("float (*x)[4]", "float (*)[4] | x")]
    [TestCase("float (&x)[4]", "float (&)[4] | x")]
    [TestCase("int (*f)(int, float*)", "int (*)(int, float*) | f")]
    [TestCase("int (* const f)(int)", "int (*)(int) | f")]
    [TestCase("int (*)(int)", "int (*)(int) | arg0")]
    [TestCase("int f(int)", "int (*)(int) | f")]
    public void ArraysAndFunctionsArePointers(string parameter, string expected) =>
        Assert.That(Read(parameter), Is.EqualTo(expected));

    [TestCase("const float*, unsigned, Pair, const a::Pair, struct Pair, T", "const float* | arg0 | unsigned int | arg1 | Pair | arg2 | a::Pair | arg3 | Pair | arg4 | T | arg5")]
    [TestCase("", "")]
    [TestCase("void", "")]
    [TestCase("void* p", "void* | p")]
    [TestCase("std::pair<int, int> a, int (*f)(int, int), int b", "std::pair<int, int> | a | int (*)(int, int) | f | int | b")]
    [TestCase("Ts... values", "Ts... | values")]
    public void AParameterWithoutANameIsNumbered(string parameters, string expected) =>
        Assert.That(Read(parameters), Is.EqualTo(expected));
}
