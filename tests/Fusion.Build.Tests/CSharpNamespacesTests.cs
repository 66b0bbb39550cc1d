using Fusion.Build.Tasks;

namespace Fusion.Build.Tests;

public sealed class CSharpNamespacesTests
{
    [TestCase("namespace A.B;\nclass C { }", "A.B")]
    [TestCase("// Text.\n[assembly: X(\"{\")]\nnamespace A . B { class C { void M() { } } }", "A.B")]
    [TestCase("namespace A { namespace B.C { } class D { } namespace @E { } } namespace F { }", "A A.B.C A.E F")]
    [TestCase("namespace A;\r\nclass C { string s = \"namespace B;\"; char c = '{'; } ", "A")]
    [TestCase("/*\nnamespace A { }\n*/ class C { string s = @\"\\\"; /* { */ string t = $@\"{s} \\\"; } namespace B { }", "B")]
    [TestCase("class C { string s = \"\"\"\n} namespace A { \"\n\"\"\"; }\nnamespace B { }", "B")]
    [TestCase("#region namespace A { }\n#endregion\nclass namespaces { }", "")]
    [TestCase("class C { void M() { namespace A { } } }", "")]
    [TestCase("namespace", "")]
    [TestCase("namespace A", "A")]
    [TestCase("", "")]
    public void AreThoseOfACSharpFile(string text, string expected) => Assert.That(string.Join(' ', CSharpNamespaces.Of(text)).Trim(), Is.EqualTo(expected));
}
