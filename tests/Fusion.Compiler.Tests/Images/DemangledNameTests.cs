using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class DemangledNameTests
{
    private static string Read(string symbol)
    {
        var name = DemangledName.Of(symbol);
        var types = name.ParameterTypes is null ? "" : $"({string.Join(", ", name.ParameterTypes)})";
        return name.Name + name.TemplateArguments + types;
    }

    [TestCase("copy", "copy")]
    [TestCase("_Z1kv", "k()")]
    [TestCase("_ZL1kPf", "k(float*)")]
    [TestCase("_Z5scalePKfi", "scale(const float*, int)")]
    [TestCase("_ZN4math3sumEc4PairPKfsPf", "math::sum(char, Pair, const float*, short, float*)")]
    [TestCase("_ZN4math6detail5spillEPiPKii", "math::detail::spill(int*, const int*, int)")]
    [TestCase("_ZN12_GLOBAL__N_11kEi", "k(int)")]
    [TestCase("_ZN34_INTERNAL_00000000_4_x_cu_unused_d36_GLOBAL__N__00000000_4_x_cu_unused_d6hiddenE", "hidden()")]
    [TestCase("_ZN4math32_GLOBAL__N__00000000_4_k_cu_copy6hiddenEPf", "math::hidden(float*)")]
    [TestCase("_ZN1aL1kEi", "a::k(int)")]
    public void ASymbolNamesAFunctionInItsNamespaces(string symbol, string expected) =>
        Assert.That(Read(symbol), Is.EqualTo(expected));

    [TestCase("_Z4fillIfLi4EEvPT_S0_", "fill<float, 4>(float*, float)")]
    [TestCase("_Z4fillI4PairLi2EEvPT_S1_", "fill<Pair, 2>(Pair*, Pair)")]
    [TestCase("_ZN1a4fillINS_4PairELb1EEEvPKT_S2_", "a::fill<a::Pair, true>(const a::Pair*, a::Pair)")]
    [TestCase("_Z1kILin3ELm8EEvv", "k<-3, 8>()")]
    [TestCase("_Z1kIL4Mode1EEvi", "k<(Mode)1>(int)")]
    [TestCase("_Z1kIJifEEvDpT_", "k<int, float>")]
    [TestCase("_Z1kI3BoxIfLi2EEEvT_", "k<Box<float, 2>>(Box<float, 2>)")]
    public void AnInstanceOfATemplateNamesItsArguments(string symbol, string expected) =>
        Assert.That(Read(symbol), Is.EqualTo(expected));

    [TestCase("_Z1kPPKcRKdOy", "k(const char**, const double&, unsigned long long&&)")]
    [TestCase("_Z1kPFifE", "k(int (*)(float))")]
    [TestCase("_Z1kPA4_f", "k(float (*)[4])")]
    [TestCase("_Z1kPKPKf", "k(const float* const*)")]
    [TestCase("_Z1kPN1a4PairEPNS_3BoxIS0_EE", "k(a::Pair*, a::Box<a::Pair>*)")]
    [TestCase("_Z1kSt5arrayIfLm4EE", "k(std::array<float, 4>)")]
    [TestCase("_Z1kPVKi", "k(const volatile int*)")]
    [TestCase("_Z1k6__halfDF16b", "k(__half, __bf16)")]
    public void ParametersAreSpelledAsTheSourceReaderSpellsThem(string symbol, string expected) =>
        Assert.That(Read(symbol), Is.EqualTo(expected));

    [TestCase("_Z")]
    [TestCase("_Z99k")]
    [TestCase("_ZplRK1AS1_")]
    [TestCase("_ZN1AC1Ev")]
    [TestCase("_Z99999999999999k")]
    public void ASymbolThatCannotBeReadNamesItself(string symbol) => Assert.That(Read(symbol), Is.EqualTo(symbol));

    [TestCase("_Z1kDv4_f", "k")]
    [TestCase("_ZN4mathE3", "math")]
    public void ANameStaysWhenAParameterCannotBeRead(string symbol, string expected) =>
        Assert.That(Read(symbol), Is.EqualTo(expected));

    [Test]
    public void TypesWithoutEndAreNotRead()
    {
        var deep = DemangledName.Of("_Z1k" + new string('P', 100_000) + "f");
        var wide = DemangledName.Of("_Z1k1AI1BIfES0_E" + string.Concat(Enumerable.Range(0, 30).Select(i => "1AIS1_S1_E")));
        Assert.That((deep.Name, deep.ParameterTypes, wide.Name), Is.EqualTo(("k", (IReadOnlyList<string>?)null, "k")));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public bool AnySymbolHasAName(string? tail, ushort place)
    {
        const string Alphabet = "NEISPKFLTJDA_0123456789aifvbcz";
        var text = string.Concat((tail ?? "").Select(c => Alphabet[(c + place) % Alphabet.Length]));
        return DemangledName.Of("_Z" + text).Name.Length > 0 && DemangledName.Of("_ZN1a1k" + text).Name.Length > 0;
    }
}
