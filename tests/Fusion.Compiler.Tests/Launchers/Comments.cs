using Fusion.Compiler.Launchers;

namespace Fusion.Compiler.Tests.Launchers;

internal sealed class Comments : LauncherTest
{
    [TestCase("// Scales.\n__global__ void k() {}", "Scales.")]
    [TestCase("/// Scales\n/// each row.\n///\n/// Twice.\ntemplate <class T>\n__launch_bounds__(4) __global__ void k() {}", "Scales\neach row.|Twice.")]
    [TestCase("/** Scales\n * each row.\n *\n * Twice. */\nextern \"C\" __global__ void k() {}", "Scales\neach row.|Twice.")]
    [TestCase("/* Scales. */ __global__ void k() {}", "Scales.")]
    [TestCase("//! @brief Scales.\n__global__ void k() {}", "Scales.")]
    [TestCase("int x; // of x\n// Scales.\n__global__ void k() {}", "Scales.")]
    [TestCase("// A licence.\n\n// Scales.\n__global__ void k() {}", "Scales.")]
    [TestCase("namespace a {\r\n// Scales.\r\n__global__ void k() {}\r\n}", "Scales.")]
    [TestCase("#include <a> // header\n// Scales.\n__global__ void k() {}", "Scales.")]
    [TestCase("int x; // of x\n__global__ void k() {}", "")]
    [TestCase("// Far.\n\n__global__ void k() {}", "")]
    [TestCase("__global__ void k() {}", "")]
    public void RightAboveAKernelAreItsDocumentation(string source, string expected)
    {
        var launchers = Read(source, source.Contains("template", StringComparison.Ordinal) ? "k<1>" : "");

        Assert.That(string.Join('|', launchers.Single().Comment.Paragraphs), Is.EqualTo(expected));
    }

    [Test]
    public void TellOfParameters()
    {
        var comment = Read("""
            /// Scales.
            /// @param x the values,
            ///   in place
            /// \param[in] n how many
            __global__ void k(float* x, int n) {}
            """).Single().Comment;

        Assert.That(comment.Paragraphs, Is.EqualTo(["Scales."]));
        Assert.That(comment.Parameters, Is.EquivalentTo(new Dictionary<string, string> { ["x"] = "the values, in place", ["n"] = "how many" }));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool OfAnyKindCanBeRead(string? gap, bool isFileStart) => KernelComment.Read(gap ?? "", isFileStart).Paragraphs.All(p => p.Length > 0);
}
