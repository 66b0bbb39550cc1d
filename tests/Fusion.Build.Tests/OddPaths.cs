using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class OddPaths
{
    private const string FolderName = "Mein Projekt (größer) 核 + 100%";

    [Test]
    public void OfProjectSourceAndHeaderWork()
    {
        using var consumer = new Consumer(
            Projects.Library("<FusionIncludePaths>geteilte header</FusionIncludePaths>"), FolderName);
        consumer.Write("geteilte header/wärme.cuh", "#define HEAT 2.0f\n").Write("meine kerne/kühl.cuh", "#define COLD 1.0f\n");
        consumer.Write("meine kerne/fläche (2).cu", Kernels.Named(
            "area", "out[0] = HEAT * COLD;", "#include \"kühl.cuh\"\n#include <wärme.cuh>"));

        consumer.Build().MustSucceed();

        Assert.That(consumer.Images, Is.EqualTo(["meine kerne/fläche (2).sm_80.cubin"]));
        Assert.That(consumer.Built.KernelNames("meine kerne/fläche (2)"), Is.EqualTo(["area"]));
        Assert.That(consumer.Built.Module("meine kerne/fläche (2)").Source, Is.EqualTo("meine kerne/fläche (2).cu"));

        Assert.That(consumer.Rebuild().MustSucceed().StartedCompiler, Is.False);
        consumer.Write("geteilte header/wärme.cuh", "#define HEAT 3.0f\n");
        Assert.That(consumer.Rebuild().MustSucceed().CompiledJobs, Has.Length.EqualTo(1), "the header is known by its odd path");
    }

    [Test]
    public void AreWholeInErrors()
    {
        using var consumer = new Consumer(folderName: FolderName);
        consumer.Write("kerne (3)/größe: 4.cu", Kernels.WithError("broken"));

        var error = consumer.Build().MustFail().Error("FUSION1001");

        Assert.That(error.File, Is.EqualTo(consumer.PathOf("kerne (3)/größe: 4.cu")));
        Assert.That((error.LineNumber, error.ColumnNumber), Is.EqualTo((3, 12)));
    }
}
