using System.Text.RegularExpressions;
using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Gpu.Tests.Numbers;
using Fusion.Manifest;
using Fusion.Runtime;
using FusionTemplate;

namespace Fusion.Gpu.Tests.Compiler;

public sealed partial class NvrtcOnThisMachine : GpuTest
{
    private static readonly Version KnowsFamilies = new(12, 9);
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("fusion-nvrtc-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public async Task IsFoundAndCompilesForBlackwell()
    {
        var list = await Fusionc.Run("--list-nvrtc");
        TestContext.Out.WriteLine(list.StandardOutput);
        var newest = VersionNumber().Matches(list.StandardOutput)
            .Select(match => Version.Parse(match.Value)).DefaultIfEmpty(new Version(0, 0)).Max()!;
        if (newest < KnowsFamilies) Assert.Ignore($"no NVRTC {KnowsFamilies} or newer here");

        var compiled = await Fusionc.CompileRmsNorm(folder, "sm_100f", "sm_120f");

        Assert.That(compiled.ExitCode, Is.Zero, compiled.StandardError);
        Assert.That(Directory.GetFiles(folder, "*.cubin").Select(Path.GetFileName),
            Is.EquivalentTo(["rms_norm.sm_100f.cubin", "rms_norm.sm_120f.cubin"]));
        Assert.That(Directory.GetFiles(folder, "*.cubin").Select(file => new FileInfo(file).Length), Has.All.Positive);
    }

    [Test]
    public async Task MakesImagesForThisGpuThatLoadAndRun()
    {
        var compiled = await Fusionc.CompileRmsNorm(folder, "native");
        Assert.That(compiled.ExitCode, Is.Zero, compiled.StandardError);
        var resources = Directory.GetFiles(folder)
            .ToDictionary(file => KernelManifest.ResourcePrefix + Path.GetFileName(file), File.ReadAllBytes);

        using var kernels = KernelLibrary.Load(ResourceAssembly.Create("Native", resources), Context);

        const int Hidden = 4096;
        const float Epsilon = 1e-6f;
        var input = RandomRows.Activations(1, Hidden);
        var gamma = RandomRows.Activations(2, Hidden);
        using var deviceInput = new DeviceBuffer<BFloat16>(Context, input);
        using var deviceGamma = new DeviceBuffer<BFloat16>(Context, gamma);
        using var output = new GuardedBuffer(Context, Hidden);
        kernels.GetKernel("rms_norm").Launch(
            Stream, new(1, 256), output.Start, deviceInput, deviceGamma, Hidden, Epsilon);
        Stream.Synchronize();
        Bits.MustBeEqual(output.Read(), RmsNormReference.Run(input, gamma, Epsilon));
    }

    [GeneratedRegex(@"\b1[1-9]\.\d+\b")]
    private static partial Regex VersionNumber();
}
