using System.Text;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class OddFiles : SharedConsumer
{
    private BuildResult build = null!;

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(items: """<FusionKernel Include="missing.cu" />"""));
        consumer.Write("empty.cu", "").Write("blank.cu", " \n\t\r\n");
        consumer.WriteBytes("mark.cu", WithMark(Kernels.Named("mark")));
        consumer.WriteBytes("brokenMark.cu", WithMark(Kernels.WithError("broken_mark")));
        consumer.Write("lines.cu", Windows(Kernels.Named("lines")));
        consumer.Write("brokenLines.cu", Windows(Kernels.WithError("broken_lines")));
        consumer.Write("none.cu", "__device__ float helper(float x) { return x; }\n");
        build = consumer.Build().MustFail();
        return consumer;
    }

    [TestCase("empty.cu")]
    [TestCase("blank.cu")]
    public void AnEmptyFileIsAnErrorThatSaysSo(string file) =>
        Assert.That(build.Error("FUSION1004", file).Text, Does.Contain("empty").And.Contain("Write a kernel in it, or remove it"));

    [Test]
    public void AMissingFileIsAnErrorThatNamesIt()
    {
        var error = build.Error("FUSION1005", "missing.cu");

        Assert.That(error.File, Is.EqualTo(Consumer.PathOf("missing.cu")));
        Assert.That(error.Text, Does.Contain("no such file").And.Contain("FusionKernel"));
    }

    [Test]
    public void AFileWithoutKernelsIsAWarning()
    {
        var warning = build.Warning("FUSION1006");

        Assert.That(warning.File, Is.EqualTo(Consumer.PathOf("none.cu")));
        Assert.That(warning.Text, Does.Contain("no kernel").And.Contain("__global__").And.Contain(".cuh"));
    }

    [TestCase("mark.sm_80.cubin", Description = "UTF-8 with a byte order mark")]
    [TestCase("lines.sm_80.cubin", Description = "line ends of Windows")]
    public void MarksAndLineEndsCompile(string image) => Assert.That(Consumer.Images, Does.Contain(image));

    [TestCase("brokenMark.cu")]
    [TestCase("brokenLines.cu")]
    public void MarksAndLineEndsDoNotShiftErrors(string file)
    {
        var error = build.Error("FUSION1001", file);

        Assert.That((error.LineNumber, error.ColumnNumber), Is.EqualTo((3, 12)));
        Assert.That(error.Text, Does.Not.Contain("\r"));
    }

    private static byte[] WithMark(string text) => [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)];

    private static string Windows(string text) => text.ReplaceLineEndings("\r\n");
}
