using Fusion.Compiler.Tests.Infrastructure;

namespace Fusion.Compiler.Tests.Kernels;

/// <summary>The files in Kernels/Existing, written for this test in the manner of public projects that nvcc builds: samples with code for
/// the host, training in plain CUDA, kernels made by macros, quantization, images, matrix units, cooperative groups. They build without a
/// toolkit as they are.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class ExistingFiles(string nvrtc) : NvrtcFixture(nvrtc)
{
    private static string Root => Path.Combine(NvrtcUnderTest.RepositoryRoot, "tests", "Fusion.Compiler.Tests", "Kernels", "Existing");

    private static string[] All => [.. Directory.EnumerateFiles(Root, "*.cu").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [SetUp]
    public void HaveTheHeaders() => Project.Request.FusionIncludePath = Path.Combine(NvrtcUnderTest.RepositoryRoot, "kernels", "cu");

    [Test]
    [Category("Nightly")]
    public void BuildWithoutAToolkit()
    {
        Assert.That(All, Has.Length.GreaterThanOrEqualTo(40));
        Build(All);
    }

    [Test]
    public void OfAFewKindsBuildWithoutAToolkit() =>
        Build("cluster_histogram.cu", "image_bilateral.cu", "quant_fp8_scaled.cu", "rust_unary.cu", "sample_reduction.cu", "wmma_simple_gemm.cu");

    private void Build(params string[] files)
    {
        foreach (var file in files)
            Project.Add(file, File.ReadAllText(Path.Combine(Root, file)), Nvrtc == "11.8" ? "sm_80;sm_90;compute_80" : "sm_80;sm_90a;compute_80");

        var run = Project.Run();

        Assert.That(run.Errors, Is.Empty, string.Join('\n', run.Errors));
        Assert.That(Project.Manifest.Modules.Where(module => module.Images.Any(image => image.Kernels.Count == 0)).Select(module => module.Name), Is.Empty, "every file has kernels");
    }
}
