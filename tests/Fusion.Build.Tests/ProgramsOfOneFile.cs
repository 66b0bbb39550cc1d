using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary><c>dotnet run app.cs</c>, without a project file.</summary>
public sealed class ProgramsOfOneFile : SharedConsumer
{
    private const string Kernel = """
        #include "value.cuh"
        extern "C" __global__ void fill(float* out) { out[threadIdx.x] = VALUE; }
        """;

    private static readonly string Program = $$"""
        #:sdk Fusion.Sdk@{{PackedSdk.Version}}
        #:property FusionArchitectures=sm_80
        #:property PublishAot=false
        #:include ../shared/far.cu
        using Fusion.Runtime;

        var images = KernelLibrary.ReadManifest(typeof(app.Kernels.Fill).Assembly).Modules.Select(module => module.Images.Single());
        Console.WriteLine(string.Join(' ', images.Select(image => $"{image.Kernels.Single().Name}={image.Sha256}")));
        """;

    private protected override Consumer Create()
    {
        var consumer = new Consumer();
        File.Delete(consumer.PathOf("Consumer.csproj"));
        Directory.CreateDirectory(DataOf(consumer));
        return consumer.Write("app.cs", Program).Write("fill.cu", Kernel).Write("value.cuh", "#define VALUE 1\n")
            .Write("../shared/far.cu", "extern \"C\" __global__ void far(float* out) { out[0] = 1; }\n");
    }

    [Test]
    [Category("Nightly")]
    public void SeeWhatChangedInAKernelOrAHeader()
    {
        var first = Run();
        Assert.That(first, Does.Match("^far=[0-9a-f]{64} fill=[0-9a-f]{64}$"));

        Consumer.Write("value.cuh", "#define VALUE 2\n");
        var second = Run();
        Assert.That(second, Is.Not.EqualTo(first), "a header changed");

        Consumer.Write("fill.cu", Kernel.Replace("VALUE", "VALUE + 1", StringComparison.Ordinal));
        Assert.That(Run(), Is.Not.EqualTo(second).And.Not.EqualTo(first), "a kernel changed");

        Consumer.Write("value.cuh", "#define VALUE 1\n").Write("fill.cu", Kernel);
        Assert.That(Run(), Is.EqualTo(first), "all is as it was");
    }

    [Test]
    [Category("Nightly")]
    public void BecomeAProjectThatBuildsTheSameKernels()
    {
        var before = Run();
        Consumer.Write("app.cs", Program.Replace("#:include ../shared/far.cu", "#:include ../shared/far.cu\n#:include fill.cu", StringComparison.Ordinal));

        Consumer.DotNet(Data, "project", "convert", "app.cs", "-o", "../converted").MustSucceed();

        var converted = Consumer.PathOf("../converted");
        Assert.That(Directory.GetFiles(converted, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(converted, file)),
            Is.EquivalentTo(["app.cs", "app.csproj", "far.cu", "fill.cu", "nuget.config", "value.cuh"]));
        Assert.That(LastLine(Consumer.DotNet(Data, "run", "--project", converted).MustSucceed()), Is.EqualTo(before));
    }

    // Where dotnet keeps what it builds of such a program: not among those of this machine's user.
    private Dictionary<string, string?> Data => new() { ["XDG_DATA_HOME"] = DataOf(Consumer) };

    private static string DataOf(Consumer consumer) => Path.Combine(consumer.Root, "data");

    private string Run() => LastLine(Consumer.DotNet(Data, "run", "app.cs").MustSucceed());

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].Trim();
}
