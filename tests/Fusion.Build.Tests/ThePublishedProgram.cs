using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

public sealed class ThePublishedProgram
{
    private const string Program = """
        using Fusion.Manifest;
        using Fusion.Runtime;

        foreach (var gpu in new ComputeCapability[] { new(7, 5), new(8, 0), new(8, 9), new(9, 0), new(10, 0) })
            foreach (var choice in KernelLibrary.Choose(typeof(Program).Assembly, gpu))
                Console.WriteLine($"{gpu} {choice.Module.Name} {choice.Image?.Resource ?? "nothing"}");
        """;

    [Test]
    [Category("Nightly")]
    public void FindsItsKernelsWithoutAGpu()
    {
        using var consumer = new Consumer(Projects.Program("sm_80;sm_90a;compute_80"));
        consumer.Write("kernels/fill.cu", Kernels.Named("fill")).Write("Program.cs", Program);

        consumer.DotNet("publish", "-nologo", "-o", consumer.PathOf("out")).MustSucceed();

        var output = consumer.Run(consumer.PathOf("out/Consumer")).MustSucceed();
        Assert.That(output.TrimEnd().Split('\n'), Is.EqualTo(
        [
            "7.5 kernels/fill nothing",
            "8.0 kernels/fill Fusion.Kernels/kernels/fill.sm_80.cubin",
            "8.9 kernels/fill Fusion.Kernels/kernels/fill.sm_80.cubin",
            "9.0 kernels/fill Fusion.Kernels/kernels/fill.sm_90a.cubin",
            "10.0 kernels/fill Fusion.Kernels/kernels/fill.compute_80.ptx",
        ]));
        Assert.That(Directory.GetFiles(consumer.PathOf("out"), "*nvrtc*"), Is.Empty, "no compiler at run time");
    }

    [Test]
    [Category("Nightly")]
    public void KeepsItsKernelsWhenItIsPublishedWithoutBuildingAgain()
    {
        using var consumer = new Consumer(Projects.Program("sm_80"));
        consumer.Write("fill.cu", Kernels.Named("fill")).Write("Program.cs", Program);
        consumer.Build("-c", "Release").MustSucceed();

        consumer.DotNet("publish", "--no-build", "-c", "Release", "-nologo", "-o", consumer.PathOf("out")).MustSucceed();

        Assert.That(consumer.Run(consumer.PathOf("out/Consumer")).MustSucceed(), Does.Contain("8.0 fill Fusion.Kernels/fill.sm_80.cubin"));
    }
}
