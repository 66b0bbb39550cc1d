using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>A program with kernels of its own and of a project that it references, in each form that it can be published
/// in.</summary>
public sealed class FormsOfPublishing : SharedConsumer
{
    private const string Program = """
        using Fusion.Manifest;
        using Fusion.Runtime;

        foreach (var assembly in new[] { typeof(Program).Assembly, typeof(Library.Marker).Assembly })
            foreach (var choice in KernelLibrary.Choose(assembly, new ComputeCapability(9, 0)))
                Console.WriteLine(choice.Image?.Resource ?? "nothing");
        try
        {
            Console.WriteLine(KernelLibrary.ReadManifest(typeof(GpuDevice).Assembly).Modules.Count > 0 ? "built-in kernels" : "none");
        }
        catch (KernelLoadException e)
        {
            Console.WriteLine(e.Message);
        }
        """;

    private static readonly string[] OwnKernels = ["Fusion.Kernels/fill.compute_80.ptx", "Fusion.Kernels/library.compute_80.ptx"];

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(
            "<OutputType>Exe</OutputType><ImplicitUsings>enable</ImplicitUsings>"
            + "<InvariantGlobalization>true</InvariantGlobalization>",
            """<ProjectReference Include="../library/Library.csproj" />""", architectures: "compute_80"));
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Program.cs", Program);
        consumer.Write("../nuget.config", consumer.Read("nuget.config"));
        consumer.Write("../library/Library.csproj", Projects.Library(
            "<IsTrimmable>true</IsTrimmable><IsAotCompatible>true</IsAotCompatible>", architectures: "compute_80"));
        consumer.Write("../library/Marker.cs", "namespace Library; public sealed class Marker;");
        consumer.Write("../library/library.cu", Kernels.Named("library"));
        consumer.Build().MustSucceed();
        return consumer;
    }

    [Test]
    public void BuiltItHasNoneOfOurFilesBesideIt() => Assert.That(
        Directory.GetFiles(Consumer.PathOf("bin/Debug/net10.0"), "*", SearchOption.AllDirectories).Select(Path.GetFileName),
        Is.EquivalentTo(new[]
        {
            "Consumer", "Consumer.dll", "Consumer.pdb", "Consumer.deps.json", "Consumer.runtimeconfig.json", "Library.dll",
            "Library.pdb", "Fusion.Runtime.dll", "Fusion.Interop.dll", "Fusion.Manifest.dll",
        }));

    [Test]
    [Category("Nightly")]
    public void TrimmedInASingleFileItFindsTheKernels()
    {
        Publish("single", "--self-contained", "-p:PublishSingleFile=true", "-p:PublishTrimmed=true");

        Assert.That(Directory.GetFiles(Consumer.PathOf("single"), "*.dll"), Is.Empty);
        Assert.That(KernelsOf("single"), Is.EqualTo((string[])[.. OwnKernels, "built-in kernels"]));
    }

    [Test]
    [Category("Nightly")]
    public void AsNativeCodeItFindsTheKernelsAndIsSmallWithoutTheBuiltInOnes()
    {
        if (!Linkers.Any(File.Exists)) Assert.Ignore("NativeAOT needs a linker, and this machine has neither clang nor gcc.");

        Publish("native", "-p:PublishAot=true", "-p:FusionBuiltInKernels=false");

        Assert.That(Directory.GetFiles(Consumer.PathOf("native"), "*.dll"), Is.Empty);
        var lines = KernelsOf("native");
        Assert.That(lines[..^1], Is.EqualTo(OwnKernels));
        Assert.That(lines[^1], Does.StartWith("FUSION2001").And.Contain("FusionBuiltInKernels=false"));
        Assert.That(new FileInfo(Consumer.PathOf("native/Consumer")).Length, Is.LessThan(4_000_000));
    }

    private static IEnumerable<string> Linkers => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "clang", "gcc" }.Select(tool => Path.Combine(folder, tool)));

    private void Publish(string folder, params string[] options) => Consumer.DotNet(
        ["publish", "-nologo", "-r", "linux-x64", "-o", Consumer.PathOf(folder), .. options]).MustSucceed();

    private string[] KernelsOf(string folder) =>
        Consumer.Run(Consumer.PathOf($"{folder}/Consumer")).MustSucceed().TrimEnd().Split('\n');
}
