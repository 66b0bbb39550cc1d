using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

internal sealed class CppTokenizerTests
{
    private static string Tokens(string text) => string.Join(' ', CppTokenizer.Read(text)
        .Select(token => token.Kind switch
        {
            CppTokenKind.Literal => "''",
            CppTokenKind.Directive => "#" + token.Text,
            _ => token.Text,
        }));

    [TestCase("a /* b \n c */ d // e\nf", "a d f")]
    [TestCase("a // b \\\n c\nd", "a d")]
    [TestCase("a /* open", "a")]
    [TestCase("a::b->c...d", "a :: b -> c ... d")]
    [TestCase("x = \"/* not a comment\" y", "x = '' y")]
    [TestCase("x = \"a \\\" b\" y", "x = '' y")]
    [TestCase("x = '\"' y '\\'' z", "x = '' y '' z")]
    [TestCase("x = u8\"a\" L'b' UR\"(c)\" y", "x = '' '' '' y")]
    [TestCase("x = R\"(a \" ) b)\" y", "x = '' y")]
    [TestCase("x = R\"mark(a )\" \n)mark\" y", "x = '' y")]
    [TestCase("x = \"unterminated\ny", "x = '' y")]
    [TestCase("1'000'000 0x1.8p3f .5 a", "1'000'000 0x1.8p3f .5 a")]
    [TestCase("$a _b größe", "$a _b größe")]
    [TestCase("a \\\n b \\\r\n c", "a b c")]
    public void TextBecomesTokens(string text, string expected) => Assert.That(Tokens(text), Is.EqualTo(expected));

    [TestCase("#define K(x) \\\n  __global__ void x() {} \\\n  more\na", "#define a")]
    [TestCase("#define K /* a\n b */ c\na", "#define a")]
    [TestCase("#error don't do this\na", "#error a")]
    [TestCase("  #  include <a>\r\na", "#include a")]
    [TestCase("#define S R\"(\n)\" b\na", "#define a")]
    [TestCase("a # b", "a # b")]
    [TestCase("#", "#")]
    public void ADirectiveIsOneToken(string text, string expected) => Assert.That(Tokens(text), Is.EqualTo(expected));

    [TestCase("#if 0\na\n#endif\nb", "#if 0 #endif b")]
    [TestCase("#if 0\na\n#if X\nc\n#else\nd\n#endif\n#else\ne\n#endif\nb", "#if 0 #else e #endif b")]
    [TestCase("#if 0 // never\nit's\n#elif X\ne\n#endif\nb", "#if 0 #elif e #endif b")]
    [TestCase("#if 1\na\n#endif", "#if a #endif")]
    public void CodeThatIsSwitchedOffIsLeftOut(string text, string expected) => Assert.That(Tokens(text), Is.EqualTo(expected));

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool AnyTextBecomesTokens(string? text) => CppTokenizer.Read(text ?? "").All(token => token.Text is not null);
}
