using System.IO.Compression;
using Fusion.Build.Tests.Infrastructure;

namespace Fusion.Build.Tests;

/// <summary>One project for two target frameworks, of which the second builds on Linux too.</summary>
public sealed class TargetFrameworksOfAProject : SharedConsumer
{
    private static readonly string[] Frameworks = ["net10.0", "net10.0-windows"];
    // Nothing of Windows is needed but its name.
    private const string WindowsOnLinux = "<EnableWindowsTargeting>true</EnableWindowsTargeting>"
        + "<DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>";

    private BuildResult first = null!;
    private string[][] kernelsOfTheFirst = [];
    private string[] kernels = ["a", "b"];

    private protected override Consumer Create()
    {
        var consumer = new Consumer(Projects.Library(WindowsOnLinux)
            .Replace("<TargetFramework>net10.0<", $"<TargetFrameworks>{string.Join(';', Frameworks)}<", StringComparison.Ordinal)
            .Replace("</TargetFramework>", "</TargetFrameworks>", StringComparison.Ordinal));
        consumer.Write("a.cu", Kernels.Named("a")).Write("b.cu", Kernels.Named("b"));
        first = consumer.Build("-m:2").MustSucceed();
        kernelsOfTheFirst = [.. Frameworks.Select(framework => KernelsOf(consumer, "Debug", framework))];
        return consumer;
    }

    [Test]
    public void CompileEachKernelOnceAlsoInParallel()
    {
        Assert.That(first.CompiledJobs, Has.Length.EqualTo(2), first.Output);
        Assert.That(kernelsOfTheFirst, Is.All.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    [Category("Nightly")]
    public void CompileNothingForAnotherConfigurationOrRuntimeInAGraphBuild()
    {
        Assert.That(Consumer.Rebuild("-c", "Release", "-graph", "-m:2").MustSucceed().CompiledJobs, Is.Empty);
        Assert.That(Consumer.Build("-f", "net10.0", "-r", "linux-x64").MustSucceed().CompiledJobs, Is.Empty);

        AllHaveTheirKernels("Release");
        Assert.That(KernelsOf(Consumer, "Debug", "net10.0/linux-x64"), Is.EqualTo(kernels));
    }

    [Test]
    [Category("Nightly")]
    public void ArePackedWithTheKernelsInTheirAssembliesAndNoLooseFiles()
    {
        Consumer.DotNet("pack", "--no-restore", "-nologo", "-o", Consumer.PathOf("packed")).MustSucceed();

        using var package = ZipFile.OpenRead(Consumer.PathOf("packed/Consumer.1.0.0.nupkg"));
        Assert.That(package.Entries.Select(e => e.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal)),
            Is.EquivalentTo(new[] { "lib/net10.0/Consumer.dll", "lib/net10.0-windows7.0/Consumer.dll" }));
        Assert.That(package.Entries.Select(e => Path.GetExtension(e.Name)),
            Has.None.AnyOf(".cu", ".cubin", ".ptx", ".json", ".state"));
        AllHaveTheirKernels("Release");
    }

    [Test]
    [Category("Nightly")]
    public void HaveTheirKernelsAfterARebuildOfAChangedSource()
    {
        Consumer.Write("b.cu", Kernels.Named("b_again"));
        kernels = ["a", "b_again"];

        var build = Consumer.Rebuild("-t:Rebuild", "-m:2").MustSucceed();

        Assert.That(build.CompiledSources, Does.Contain("b.cu"));
        Assert.That(build.CompiledJobs.Count(job => job.Contains("b.cu", StringComparison.Ordinal)), Is.EqualTo(1), build.Output);
        AllHaveTheirKernels("Debug");
    }

    private void AllHaveTheirKernels(string configuration) => Assert.That(
        Frameworks.Select(framework => KernelsOf(Consumer, configuration, framework)), Is.All.EqualTo(kernels));

    private static string[] KernelsOf(Consumer consumer, string configuration, string framework) =>
        [.. new BuiltAssembly(consumer.PathOf($"bin/{configuration}/{framework}/Consumer.dll")).Manifest.Modules
            .SelectMany(module => module.Images[0].Kernels).Select(kernel => kernel.Name)];
}
