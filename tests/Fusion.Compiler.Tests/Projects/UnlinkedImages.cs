using Fusion.Build.Contract;
using Fusion.Compiler.Caching;
using Fusion.Compiler.Images;
using Fusion.Compiler.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Compiler.Tests.Projects;

/// <summary>Images that a linker would have to complete. The SDK runs none, so they are errors.</summary>
[TestFixture("11.8", Category = "Nightly")]
[TestFixture("12.4")]
public sealed class UnlinkedImages(string nvrtc) : NvrtcFixture(nvrtc)
{
    private const string Calls = "extern \"C\" __device__ float elsewhere(float x);\nextern \"C\" __global__ void k(float* x) { x[0] = elsewhere(x[0]); }\n";
    private const string Launches = "__global__ void child(float* x) { x[0] = 1; }\nextern \"C\" __global__ void k(float* x) { child<<<1, 1>>>(x); }\n";
    private const string Reads = "extern __device__ float elsewhere;\nextern \"C\" __global__ void k(float* x) { x[0] = elsewhere; }\n";
    private const string Prints = "extern \"C\" int printf(const char*, ...);\n"
        + "extern \"C\" __global__ void k(float* x) { printf(\"%f\\n\", x[0]); void* p = malloc(8); free(p); }\n";

    [TestCase("-rdc=true")]
    [TestCase("--relocatable-device-code=true")]
    [TestCase("-dc")]
    [TestCase("--device-c")]
    public void NameTheOptionThatAsksForThemAndWhatIsMissing(string option)
    {
        Project.Add("k.cu", Calls)["AdditionalOptions"] = $"{option};-lineinfo";

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1026", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain($"'{option}'").And.Contain("'elsewhere'").And.Contain("Remove").And.Not.Contain("-lineinfo"));
        Assert.That(Project.Files, Has.None.EndsWith(".cubin").And.None.EndsWith("manifest.json"));
        Assert.That(Project.WhyStale(), Is.Not.Null);
    }

    [TestCase(Reads, "elsewhere")]
    [TestCase(Launches, "dynamic parallelism")]
    public void SayWhatTheKernelNeeds(string source, string needs)
    {
        Project.Add("k.cu", source, "compute_80")["AdditionalOptions"] = "-rdc=true";

        var error = Project.Run().OnlyError();

        Assert.That(error.Code, Is.EqualTo("FUSION1026"));
        Assert.That(error.Message, Does.Contain(needs));
    }

    [Test]
    public void AreNotMadeByADeviceFunctionAloneEither()
    {
        Project.Add("k.cu", KernelProject.Simple)["AdditionalOptions"] = "-rdc=true";

        Assert.That(Project.Run().OnlyError().Code, Is.EqualTo("FUSION1026"));
    }

    [TestCase("-rdc=false")]
    [TestCase("-G")]
    [TestCase("-ewp")]
    public void AreNotMadeByWhatTheDriverHas(string option)
    {
        Project.Add("k.cu", Prints, "sm_80;compute_80")["AdditionalOptions"] = option;

        Project.Run().MustSucceed();

        Assert.That(LinkCheck.Find(ImageKind.Ptx, File.ReadAllBytes(Path.Combine(Project.Images, "k.compute_80.ptx"))), Is.Null);
    }

    [Test]
    public void AreNotTakenFromAFolderOfPrebuiltKernels()
    {
        Project.Add("k.cu", KernelProject.Simple, "sm_80;compute_80");
        Project.Run().MustSucceed();
        Directory.Move(Project.Images, Project.PathOf("prebuilt"));
        Project.Request.PrebuiltPath = "prebuilt";
        Replace("prebuilt", "k.compute_80.ptx", ptx => [.. ptx, .. "\n.extern .func (.param .b32 r) elsewhere ( .param .b32 p );\n"u8]);

        var error = Project.Run().OnlyError();

        Assert.That((error.Code, error.File), Is.EqualTo(("FUSION1042", Project.PathOf("k.cu"))));
        Assert.That(error.Message, Does.Contain("k.compute_80.ptx").And.Contain("'elsewhere'"));
    }

    [Test]
    public void AreNotTakenFromTheCompileCache()
    {
        Project.Add("k.cu", KernelProject.Simple);
        (Project.Request.Cache, Project.Request.CachePath) = (true, Project.PathOf("cache"));
        Project.Run().MustSucceed();
        var file = Directory.GetFiles(Project.PathOf("cache"), "*.entry", SearchOption.AllDirectories).Single();
        var entry = CacheEntry.Parse(File.ReadAllBytes(file))!;
        entry.Cubin[16] = 1; // the ELF header's type: relocatable
        File.WriteAllBytes(file, entry.ToBytes());
        Directory.Delete(Project.Images, recursive: true);

        Assert.That(Project.Run().OnlyError().Code, Is.EqualTo("FUSION1026"));
    }

    // As one would be that an older SDK exported: manifest and sources tell of it.
    private void Replace(string folder, string image, Func<byte[], byte[]> change)
    {
        var path = Project.PathOf($"{folder}/{image}");
        var (old, bytes) = (File.ReadAllBytes(path), change(File.ReadAllBytes(path)));
        File.WriteAllBytes(path, bytes);
        foreach (var file in new[] { "manifest.json", "sources.json" })
        {
            var text = File.ReadAllText(Project.PathOf($"{folder}/{file}")).Replace(Hash.Of(old), Hash.Of(bytes));
            Project.Write($"{folder}/{file}", text.Replace($"\"bytes\": {old.Length}", $"\"bytes\": {bytes.Length}"));
        }
    }
}
