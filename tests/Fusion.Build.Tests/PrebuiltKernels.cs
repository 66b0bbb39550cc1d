using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>Two clones of a project: one exports its kernels, the other has no NVRTC.</summary>
public sealed class PrebuiltKernels
{
    [Test]
    [Category("Nightly")]
    public void StandInForCompilationWhereThereIsNoNvrtcUntilASourceChanges()
    {
        using var maker = new Consumer(Projects.Library(architectures: "sm_80;compute_80"));
        using var taker = new Consumer(Projects.Library(
            "<FusionPrebuiltKernels>prebuilt</FusionPrebuiltKernels><FusionNvrtcPath>nowhere</FusionNvrtcPath>"
                + "<FusionNvrtcPack>false</FusionNvrtcPack>",
            architectures: "sm_80;compute_80"));
        foreach (var clone in new[] { maker, taker })
        {
            var includes = "#include \"fill.cuh\"\n#include <fusion/base/bf16.cuh>";
            clone.Write("kernels/fill.cu", Kernels.Named("fill", "out[threadIdx.x] = FILL;", includes));
            clone.Write("kernels/fill.cuh", "#define FILL 1.0f\n");
        }

        maker.Build("-t:FusionExportKernels", $"-p:FusionExportPath={taker.PathOf("prebuilt")}").MustSucceed();
        Assert.That(Directory.GetFiles(taker.PathOf("prebuilt"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(taker.PathOf("prebuilt"), file)), Is.EquivalentTo(new[]
            {
                "kernels/fill.sm_80.cubin", "kernels/fill.compute_80.ptx", "manifest.json", "sources.json",
            }));

        Assert.That(taker.Build().MustSucceed().CompiledJobs, Is.Empty);
        Assert.That(taker.Built.KernelNames("kernels/fill"), Is.EqualTo(["fill"]));
        Assert.That(taker.Built.Image("Fusion.Kernels/kernels/fill.sm_80.cubin"),
            Is.EqualTo(File.ReadAllBytes(taker.PathOf("prebuilt/kernels/fill.sm_80.cubin"))));
        Assert.That(taker.RestoredPackages, Has.None.StartsWith("Fusion.Nvrtc."));
        Assert.That(taker.Rebuild().MustSucceed().StartedCompiler, Is.False);

        taker.Write("kernels/fill.cuh", "#define FILL 2.0f\n");
        var error = taker.Rebuild().MustFail().Error("FUSION1041", "fill.cu");
        Assert.That(error.Text, Does.Contain("'kernels/fill'").And.Contain("the header 'kernels/fill.cuh' has another content"));
    }

    [Test]
    [Category("Nightly")]
    public void AreNotExportedToNowhere()
    {
        using var consumer = new Consumer();
        consumer.Write("fill.cu", Kernels.Named("fill"));

        var build = consumer.Build("-t:FusionExportKernels").MustFail();

        Assert.That(build.Error("FUSION1040").Text, Does.Contain("FusionExportPath"));
    }
}
