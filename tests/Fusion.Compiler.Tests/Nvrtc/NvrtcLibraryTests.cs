using Fusion.Compiler.Nvrtc;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Tests.Nvrtc;

[TestFixture("11.8")]
[TestFixture("12.4")]
public sealed class NvrtcLibraryTests(string nvrtc)
{
    [Test]
    public void ALibraryTellsWhatItIs()
    {
        Assert.That(NvrtcLibrary.TryLoad(NvrtcUnderTest.Library(nvrtc), out var library, out var failure), Is.True, failure);

        Assert.That(library!.Version.ToString(), Is.EqualTo(nvrtc));
        Assert.That(library.Architectures, Does.Contain(90).And.Ordered);
        Assert.That(library.BuiltinsPath, Is.EqualTo(Path.Combine(NvrtcUnderTest.Folder(nvrtc), "lib", $"libnvrtc-builtins.so.{nvrtc}")));
        Assert.That(library.NameOf(NvrtcResult.Compilation), Is.EqualTo("NVRTC_ERROR_COMPILATION"));
    }

    [Test]
    public void ProbingItCompilesWithIt()
    {
        var probe = NvrtcProbe.Of(NvrtcUnderTest.Library(nvrtc));

        Assert.That((probe.Failure, probe.Version?.ToString()), Is.EqualTo(("", nvrtc)));
    }

    [Test]
    public void ItCanTraceHeaders()
    {
        using var toolchain = Toolchain.Create(NvrtcProbe.Of(NvrtcUnderTest.Library(nvrtc)), includePath: null);

        Assert.That(toolchain.TracesHeaders, Is.True);
        Assert.That(toolchain.StandingOptions, Is.EqualTo(["--modify-stack-limit=false"]));
    }

    [Test]
    public void AFileThatIsNoLibraryIsRefusedInOneLine()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "no library");

        Assert.That(NvrtcLibrary.TryLoad(file, out _, out var failure), Is.False);
        Assert.That(failure, Does.Not.Contain("\n").And.Not.Empty);
        File.Delete(file);
    }
}
