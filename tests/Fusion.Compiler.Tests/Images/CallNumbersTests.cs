using System.Text;
using Fusion.Compiler.Images;

namespace Fusion.Compiler.Tests.Images;

public sealed class CallNumbersTests
{
    [TestCase("\t{ // callseq 7, 0\n\t} // callseq 7\n\t{ // callseq 12, 16\n\t} // callseq 12\n", "\t{ // callseq 0, 0\n\t} // callseq 0\n\t{ // callseq 1, 16\n\t} // callseq 1\n")]
    [TestCase("{ // callseq 12, 0\0} // callseq 12\0", "{ // callseq 0, 0\0} // callseq 0\0")]
    [TestCase("\t{ // callseq 3, 0\n\tprototype_3 : .callprototype (.param .b32 _) _ ();\n\t, prototype_3;\n", "\t{ // callseq 0, 0\n\tprototype_0 : .callprototype (.param .b32 _) _ ();\n\t, prototype_0;\n")]
    [TestCase("\t{ // callseq 3, 0\n\tprototype_3, \n\tmov.u64 %rd1, prototype_3;\n", "\t{ // callseq 0, 0\n\tprototype_3, \n\tmov.u64 %rd1, prototype_3;\n")]
    [TestCase("// größer, callseq 3\n", "// größer, callseq 3\n")]
    public void CallsAreCountedFromZero(string ptx, string expected) =>
        Assert.That(Encoding.UTF8.GetString(CallNumbers.FromZero(Encoding.UTF8.GetBytes(ptx))), Is.EqualTo(expected));
}
