using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class OddPaths
{
    private const string FolderName = "Mein Projekt (größer) 核 + 100% #1 5$ @'heim' & [x], {y} = ~ ^ ! | `";

    [Test]
    public void OfProjectSourceAndHeaderWork()
    {
        using var consumer = new Consumer(
            Projects.Library("<FusionIncludePaths>geteilte header</FusionIncludePaths>"), FolderName);
        consumer.Write("geteilte header/wärme.cuh", "#define HEAT 2.0f\n").Write("meine kerne/kühl.cuh", "#define COLD 1.0f\n");
        consumer.Write("meine kerne/a;b 50%41 $(x) @(y).cu", Kernels.Named("list"));
        consumer.Write("meine kerne/fläche (2).cu", Kernels.Named(
            "area", "out[0] = HEAT * COLD;", "#include \"kühl.cuh\"\n#include <wärme.cuh>"));

        consumer.Build().MustSucceed();

        Assert.That(consumer.Images, Is.EqualTo(["meine kerne/a;b 50%41 $(x) @(y).sm_80.cubin", "meine kerne/fläche (2).sm_80.cubin"]));
        Assert.That(consumer.Built.KernelNames("meine kerne/a;b 50%41 $(x) @(y)"), Is.EqualTo(["list"]));
        Assert.That(consumer.Built.KernelNames("meine kerne/fläche (2)"), Is.EqualTo(["area"]));
        Assert.That(consumer.Built.Module("meine kerne/fläche (2)").Source, Is.EqualTo("meine kerne/fläche (2).cu"));

        Assert.That(consumer.Rebuild().MustSucceed().StartedCompiler, Is.False);
        consumer.Write("geteilte header/wärme.cuh", "#define HEAT 3.0f\n");
        Assert.That(consumer.Rebuild().MustSucceed().CompiledJobs, Has.Length.EqualTo(1), "the header is known by its odd path");
    }

    [Test]
    [Platform("Linux")]
    [Category("Nightly")]
    public void MayDifferInCaseAlone()
    {
        using var consumer = new Consumer();
        consumer.Write("k.cu", Kernels.Named("fill")).Write("K.cu", Kernels.Named("fill"));
        consumer.Write("sub/k.cu", Kernels.Named("fill") + Kernels.Named("Fill")).Write("Sub/k.cu", Kernels.Named("FILL"));

        consumer.Build("-t:Build;FusionExportKernels", "-p:FusionExportPath=export").MustSucceed();

        string[] images = ["K.sm_80.cubin", "Sub/k.sm_80.cubin", "k.sm_80.cubin", "sub/k.sm_80.cubin"];
        Assert.That(consumer.Images, Is.EqualTo(images));
        Assert.That(consumer.Built.KernelResources, Is.EquivalentTo(images.Append("manifest.json").Select(file => $"Fusion.Kernels/{file}")));
        Assert.That(consumer.Built.KernelNames("Sub/k"), Is.EqualTo(["FILL"]));
        Assert.That(images.Select(image => Path.Combine("export", image)).Where(image => !File.Exists(consumer.PathOf(image))), Is.Empty);
    }

    [Test]
    [Category("Nightly")]
    public void AreWholeInErrors()
    {
        using var consumer = new Consumer(folderName: FolderName);
        consumer.Write("kerne (3)/größe: 4.cu", Kernels.WithError("broken"));

        var error = consumer.Build().MustFail().Error("FUSION1001");

        Assert.That(error.File, Is.EqualTo(consumer.PathOf("kerne (3)/größe: 4.cu")));
        Assert.That((error.LineNumber, error.ColumnNumber), Is.EqualTo((3, 12)));
    }
}
