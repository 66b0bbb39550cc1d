namespace Fusion.Compiler.Tests.Nvrtc;

/// <summary>What is remembered of the search decides whether the next build looks again.</summary>
public sealed class TrackedMachineTests
{
    private const string Library = "libnvrtc.so.12";
    private FakeMachine machine = null!;

    [SetUp]
    public void CreateMachine() => machine = new FakeMachine();

    [TearDown]
    public void DeleteMachine() => machine.Dispose();

    [TestCase("usr/local/cuda/lib64/libnvrtc.so.12", true)]
    [TestCase("usr/local/cuda-13.0/lib64/libnvrtc.so.13", true)]
    [TestCase("usr/local/cuda-12.4/lib64/libnvrtc.so.13", true)]
    [TestCase("opt/cuda/lib64/libnvrtc.so.12", false)]
    public void ALibraryThatWouldBeTakenInsteadIsNoticed(string path, bool noticed)
    {
        machine.AddNvrtc($"usr/local/cuda-12.4/lib64/{Library}");
        machine.Resolve();

        machine.AddNvrtc(path);

        Assert.That(machine.Tracked.Stamps.Any(s => !s.IsCurrent()), Is.EqualTo(noticed));
    }

    [Test]
    public void TheLibraryThatWasTakenIsWatched()
    {
        var library = machine.AddNvrtc($"usr/local/cuda-12.4/lib64/{Library}");
        machine.Resolve();

        File.Delete(library);

        Assert.That(machine.Tracked.Stamps.Where(s => !s.IsCurrent()).Select(s => s.Path), Does.Contain(library));
    }

    [Test]
    public void VariablesAreRememberedUpToTheChoice()
    {
        machine.Variables["CUDA_PATH"] = machine.At("toolkit");
        machine.AddNvrtc($"toolkit/lib64/{Library}");

        machine.Resolve();

        Assert.That(machine.Tracked.Variables, Is.EquivalentTo(new Dictionary<string, string>
        {
            ["FUSION_NVRTC_PATH"] = "",
            ["CUDA_PATH"] = machine.At("toolkit"),
        }));
    }

    [TestCase("#define CUDA_VERSION 12040\n", true)]
    [TestCase("#define CUDA_VERSION 13000\n", false)]
    [TestCase("// nothing\n", true)]
    public void HeadersOfAnotherVersionAreNotUsed(string header, bool used)
    {
        machine.AddNvrtc($"usr/local/cuda/lib64/{Library}");
        machine.AddFile("usr/local/cuda/include/cuda.h", header);

        var choice = machine.Resolve();

        Assert.That(choice.IncludePath, Is.EqualTo(used ? machine.At("usr/local/cuda/include") : null));
        if (!used) Assert.That(choice.Candidates[0].Text, Does.Contain("of CUDA 13.0, not of 12.4"));
    }

    [Test]
    public void HeadersOfPythonPackagesAreFound()
    {
        machine.Variables["VIRTUAL_ENV"] = machine.At("venv");
        const string Site = "venv/lib/python3.12/site-packages/nvidia";
        machine.AddNvrtc($"{Site}/cuda_nvrtc/lib/{Library}");
        machine.AddFile($"{Site}/cuda_nvrtc/include/nvrtc.h");
        machine.AddFile($"{Site}/cuda_runtime/include/cuda_runtime_api.h", "#define CUDART_VERSION  12040\n");

        Assert.That(machine.Resolve().IncludePath, Is.EqualTo(machine.At($"{Site}/cuda_runtime/include")));
    }

    [Test]
    public void TheSystemsOwnHeadersAreNotThoseOfNvrtc()
    {
        machine.AddNvrtc($"usr/lib64/{Library}");
        machine.AddFile("usr/include/stdio.h");

        Assert.That(machine.Resolve().IncludePath, Is.Null);
    }

    [Test]
    public void TheRootOfADistributionIsAToolkit()
    {
        var library = machine.AddNvrtc($"usr/lib/x86_64-linux-gnu/{Library}");
        machine.AddFile("usr/include/stdio.h");

        var choice = machine.Resolve(property: machine.At("usr"));

        Assert.That(choice.Taken?.Path, Is.EqualTo(library));
        Assert.That(choice.IncludePath, Is.Null);
    }

    [Test]
    public void TheHeadersOfADistributionsToolkitAreThoseOfItsNvrtc()
    {
        machine.AddNvrtc($"usr/lib/x86_64-linux-gnu/{Library}");
        machine.AddFile("usr/include/stdio.h");
        machine.AddFile("usr/include/cuda.h", "#define CUDA_VERSION 12040\n");

        Assert.That(machine.Resolve(property: machine.At("usr")).IncludePath, Is.EqualTo(machine.At("usr/include")));
    }

    [Test]
    public void TheHeadersOfADistributionsToolkitOfAnotherVersionArePassedOver()
    {
        machine.AddNvrtc($"usr/lib/x86_64-linux-gnu/{Library}");
        machine.AddFile("usr/include/stdio.h");
        machine.AddFile("usr/include/cuda.h", "#define CUDA_VERSION 11080\n");

        var choice = machine.Resolve(property: machine.At("usr"));

        Assert.That(choice.IncludePath, Is.Null);
        Assert.That(choice.Candidates.Single(one => one.Taken).Text,
            Does.Contain($"the headers in '{machine.At("usr/include")}' are of CUDA 11.8, not of 12.4, and are not used"));
    }
}
