using Fusion.Cli.Tests.Infrastructure;
using Fusion.Manifest;

namespace Fusion.Cli.Tests;

public sealed class Inspections : FolderOfATest
{
    [Test]
    public void KernelsAreShownWithImagesRegistersMemoryAndParameters()
    {
        var run = Tool.Run("inspect", SampleAssembly.Write(Folder));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Lines[0], Is.EqualTo(
            "MyKernels: 1 module, 2 images, 5,356 bytes (5.2 KiB), stored in 5,356 bytes (5.2 KiB); " +
            "compiled by Fusion.Sdk 0.1.0 with NVRTC 12.4"));
        Assert.That(Words(run), Does.Contain("kernels/scale (kernels/scale.cu)"));
        Assert.That(Words(run), Does.Contain("scale(float* data, float factor)"));
        Assert.That(Words(run), Does.Contain("sm_90a cubin 5,344 5,344 8.4"));
        Assert.That(Words(run), Does.Contain("compute_80 PTX 12 12 8.4"));
        Assert.That(Words(run), Does.Contain("scale sm_90a 12 2,048 0 - - - - - 256 -"));
        Assert.That(run.Output, Does.Not.Contain('\u001b'));
    }

    [Test]
    public void ACompressedImageIsShownWithBothSizesAndCheckedInflated()
    {
        var stored = ImageCompression.Compress(SampleAssembly.Cubin)!;
        var module = SampleAssembly.Manifest.Modules[0];
        var cubin = module.Images[0] with { Encoding = ImageEncoding.Brotli, StoredBytes = stored.Length };
        var manifest = SampleAssembly.Manifest with { Modules = [module with { Images = [cubin, module.Images[1]] }] };

        var run = Tool.Run("inspect", SampleAssembly.Write(Folder, manifest, stored));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(Words(run), Does.Contain($"sm_90a cubin 5,344 {stored.Length} 8.4"));

        stored[^1] ^= 0xFF;
        var damaged = Tool.Run("inspect", SampleAssembly.Write(Folder, manifest, stored[..^2]));
        Assert.That(damaged.ExitCode, Is.EqualTo(1));
        Assert.That(damaged.Output, Does.Contain("FUSION2005").And.Contain("scale.sm_90a.cubin' cannot be inflated"));
    }

    [Test]
    public void VariablesAreShownWithKindTypeAndSize()
    {
        var module = SampleAssembly.Manifest.Modules[0];
        KernelVariable[] variables =
        [
            new() { Name = "math::table", Symbol = "_ZN4math5tableE", Kind = VariableKind.Device, Type = "int[2][8]", Size = 64 },
            new() { Name = "weights", Symbol = "weights", Kind = VariableKind.Constant, Type = "float[9]", Size = 36 },
        ];
        var manifest = SampleAssembly.Manifest with
        {
            Modules = [module with { Images = [.. module.Images.Select(image => image with { Variables = variables })] }],
        };

        var assembly = SampleAssembly.Write(Folder, manifest);
        var run = Tool.Run("inspect", assembly);
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(Words(run).Where(line => line.StartsWith("__", StringComparison.Ordinal)), Is.EqualTo([
            "__device__ int[2][8] math::table: 64 bytes", "__constant__ float[9] weights: 36 bytes"]));
        Assert.That(Tool.Run("inspect", assembly, "--json").Output, Does.Contain("\"symbol\": \"_ZN4math5tableE\""));
    }

    [Test]
    public void TheBuiltInKernelsAreShownToo()
    {
        var run = Tool.Run("inspect", Path.Combine(AppContext.BaseDirectory, "Fusion.Runtime.dll"));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(Words(run), Does.Contain("one_shot_bf16_p7_v1(AllReduceParams params)").And.Some.StartsWith("epilogue_f32_v4 sm_80 "));
    }

    [Test]
    public void LongNamesAreNotWrapped()
    {
        var name = string.Join("::", Enumerable.Repeat("a_rather_long_namespace", 20));
        var manifest = Renamed(name);
        Assert.That(Words(Tool.Run("inspect", SampleAssembly.Write(Folder, manifest))), Does.Contain($"{name} sm_90a 12 2,048 0 - - - - - 256 -"));
    }

    [Test]
    public void MachineCodeIsShownInFigures()
    {
        var run = Tool.Run("inspect", RealKernels.Write(Folder));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(Words(run), Does.Contain("kernel image regs shared local stores loads constants code bars threads cluster"));
        // As ptxas said: tests/Fusion.Compiler.Tests/Images/Data/figures.12.4.sm_80.log.
        Assert.That(Words(run), Does.Contain("spilled sm_80 32 0 368 520 532 [0]=372 [3]=256 9,216 1 1,024 -"));
        Assert.That(Words(run), Does.Contain("clustered sm_90a 10 0 0 0 0 [0]=540 [3]=256 384 0 - 2x4x1"));
    }

    [Test]
    public void MachineCodeIsInJsonToo()
    {
        var run = Tool.Run("inspect", RealKernels.Write(Folder), "--json");
        var images = run.Json.GetProperty("modules")[0].GetProperty("images");
        var spilled = images[0].GetProperty("kernels").EnumerateArray().Single(k => k.GetProperty("name").GetString() == "spilled");
        Assert.That(spilled.GetProperty("localStoreBytes").GetInt32(), Is.EqualTo(520));
        Assert.That(spilled.GetProperty("localLoadBytes").GetInt32(), Is.EqualTo(532));
        Assert.That(spilled.GetProperty("frameBytes").GetInt32(), Is.EqualTo(368));
        Assert.That(spilled.GetProperty("constantBytes").GetProperty("3").GetInt32(), Is.EqualTo(256));
        Assert.That(spilled.GetProperty("codeBytes").GetInt32(), Is.EqualTo(9216));
        Assert.That(spilled.GetProperty("barriers").GetInt32(), Is.EqualTo(1));
        var clustered = images[1].GetProperty("kernels").EnumerateArray().Single(k => k.GetProperty("name").GetString() == "clustered");
        Assert.That(clustered.GetProperty("cluster").EnumerateArray().Select(n => n.GetInt32()), Is.EqualTo([2, 4, 1]));
    }

    [Test]
    public void JsonHasWhatTheManifestHas()
    {
        var run = Tool.Run("inspect", SampleAssembly.Write(Folder), "--json");
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        var module = run.Json.GetProperty("modules")[0];
        var image = module.GetProperty("images")[0];
        var kernel = image.GetProperty("kernels")[0];
        Assert.That(run.Json.GetProperty("assembly").GetString(), Is.EqualTo("MyKernels"));
        Assert.That(run.Json.GetProperty("problems").GetArrayLength(), Is.Zero);
        Assert.That(module.GetProperty("name").GetString(), Is.EqualTo("kernels/scale"));
        Assert.That(image.GetProperty("kind").GetString(), Is.EqualTo("cubin"));
        Assert.That(image.GetProperty("architecture").GetString(), Is.EqualTo("sm_90a"));
        Assert.That(image.GetProperty("bytes").GetInt64(), Is.EqualTo(SampleAssembly.Cubin.Length));
        Assert.That(kernel.GetProperty("registers").GetInt32(), Is.EqualTo(12));
        Assert.That(kernel.GetProperty("parameters")[1].GetProperty("type").GetString(), Is.EqualTo("float"));
    }

    [Test]
    public void AnImageThatWasChangedIsAProblem()
    {
        var run = Tool.Run("inspect", SampleAssembly.Write(Folder, cubin: [.. SampleAssembly.Cubin.Reverse()]));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain("1 problem").And.Contain(
            "FUSION2005: The image 'Fusion.Kernels/kernels/scale.sm_90a.cubin' has another SHA-256 than the manifest says."));
    }

    [Test]
    public void AnImageThatIsMissingIsAProblem()
    {
        var path = SampleAssembly.WriteResources(Folder, [(KernelManifest.ResourceName, SampleAssembly.Manifest.ToJson())]);
        var run = Tool.Run("inspect", path, "--json");
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Json.GetProperty("problems").GetArrayLength(), Is.EqualTo(2));
        Assert.That(run.Output, Does.Contain("FUSION2005").And.Contain("is missing"));
    }

    [Test]
    public void AnAssemblyWithoutKernelsSaysSo()
    {
        var run = Tool.Run("inspect", Path.Combine(AppContext.BaseDirectory, "Fusion.Manifest.dll"));
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.StartWith("Fusion.Manifest: 1 problem").And.Contain("FUSION2001: The assembly carries no GPU kernels"));
    }

    [Test]
    public void ANewerManifestSaysSo()
    {
        var path = SampleAssembly.Write(Folder, SampleAssembly.Manifest with { Schema = KernelManifest.CurrentSchema + 1 });
        var run = Tool.Run("inspect", path);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Does.Contain($"FUSION2002: The kernel manifest cannot be read: The manifest has schema {KernelManifest.CurrentSchema + 1}"));
    }

    [Test]
    public void AFileThatIsNoAssemblyIsAMistake()
    {
        var path = Path.Combine(Folder, "MyKernels");
        File.WriteAllText(path, "#!/bin/sh");
        var assembly = SampleAssembly.Write(Folder);
        var run = Tool.Run("inspect", path);
        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Errors, Does.Contain($"'{path}' is no .NET assembly. Is it '{assembly}' that you mean?"));
    }

    [TestCase(".cubin", "'cuobjdump -sass ")]
    [TestCase(".ptx", "which is text")]
    public void AnImageIsAMistakeThatSaysWhatShowsIt(string extension, string advice)
    {
        var path = Path.Combine(Folder, $"scale.sm_90a{extension}");
        File.WriteAllText(path, "image");
        var run = Tool.Run("inspect", path);
        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.StartWith($"'{path}' is no .NET assembly. It is the ").And.Contain(advice));
    }

    [Test]
    public void AFileThatIsNotThereIsAMistake()
    {
        var path = Path.Combine(Folder, "none.dll");
        var run = Tool.Run("inspect", path);
        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Errors, Does.StartWith($"'{path}' cannot be read: "));
    }

    [Test]
    public void ADamagedAssemblyIsAMistake()
    {
        var path = SampleAssembly.Write(Folder);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..700]);
        var run = Tool.Run("inspect", path);
        Assert.That(run.ExitCode, Is.EqualTo(2), run.Output + run.Errors);
        Assert.That(run.Errors, Does.Contain(path).And.Not.Contain("   at "));
    }

    private static KernelManifest Renamed(string kernel) => SampleAssembly.Manifest with
    {
        Modules = [.. SampleAssembly.Manifest.Modules.Select(module => module with
        {
            Images = [.. module.Images.Select(image => image with { Kernels = [image.Kernels[0] with { Name = kernel }] })],
        })],
    };

    // Columns are as wide as their content: only the words of a line count.
    private static string[] Words(Tool run) =>
        [.. run.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
