namespace Fusion.Compiler.Tests.Nvrtc;

public sealed class NvrtcResolverTests
{
    private const string Name = "libnvrtc.so.12";
    private FakeMachine machine = null!;

    [SetUp]
    public void CreateMachine() => machine = new FakeMachine();

    [TearDown]
    public void DeleteMachine() => machine.Dispose();

    [Test]
    public void TheOrderIsPropertyVariableToolkitPackPythonUsualFoldersLoader()
    {
        var places = new List<(string Library, Action Remove)>();
        void Place(string path, Action<string>? set = null, Action? unset = null)
        {
            var library = machine.AddNvrtc(path);
            set?.Invoke(library);
            places.Add((library, Remove));

            void Remove()
            {
                File.Delete(library);
                unset?.Invoke();
            }
        }

        var property = machine.At("property");
        var pack = machine.At("pack");
        Place($"property/lib64/{Name}", unset: () => property = "");
        Place($"variable/lib/{Name}", _ => machine.Variables["FUSION_NVRTC_PATH"] = machine.At("variable"), () => machine.Variables.Remove("FUSION_NVRTC_PATH"));
        Place($"toolkit/targets/x86_64-linux/lib/{Name}", _ => machine.Variables["CUDA_PATH"] = machine.At("toolkit"));
        Place($"home/lib64/{Name}", _ => machine.Variables["CUDA_HOME"] = machine.At("home"));
        Place($"pack/{Name}", unset: () => pack = "");
        Place("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13", _ => machine.Variables["VIRTUAL_ENV"] = machine.At("venv"));
        Place($"venv/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/{Name}");
        Place($"conda/lib/{Name}", _ => machine.Variables["CONDA_PREFIX"] = machine.At("conda"));
        Place($"usr/local/cuda/lib64/{Name}");
        Place("usr/local/cuda-13.0/lib64/libnvrtc.so.13");
        Place($"usr/local/cuda-12.10/lib64/{Name}");
        Place($"usr/local/cuda-12.9/lib64/{Name}");
        Place($"opt/cuda/lib64/{Name}");
        Place($"usr/lib/x86_64-linux-gnu/{Name}");
        Place($"usr/lib64/{Name}");
        machine.AddToLoader("libnvrtc.so.12");

        foreach (var (library, remove) in places)
        {
            var choice = machine.Resolve(property: property, pack: pack);
            Assert.That(choice.Taken?.Path, Is.EqualTo(library));
            remove();
        }

        Assert.That(machine.Resolve().Candidates[^1].Candidate.Origin, Is.EqualTo("loader"));
        Assert.That(machine.Resolve().Taken, Is.Not.Null);
    }

    [Test]
    public void AProjectThatAsksForThePackGetsItBeforeAToolkitAndAfterWhatItNames()
    {
        machine.AddNvrtc($"toolkit/lib64/{Name}");
        machine.Variables["CUDA_PATH"] = machine.At("toolkit");
        var pack = machine.AddNvrtc($"pack/{Name}");
        var named = machine.AddNvrtc($"named/{Name}");

        Assert.That(machine.Resolve(pack: machine.At("pack"), prefersPack: true).Taken?.Path, Is.EqualTo(pack));
        Assert.That(machine.Resolve(property: named, pack: machine.At("pack"), prefersPack: true).Taken?.Path, Is.EqualTo(named));
    }

    [TestCase("CUDA_PATH", "gone", "There is no such file or folder")]
    [TestCase("CUDA_HOME", "gone", "There is no such file or folder")]
    [TestCase("CUDA_HOME", "runtime only", "That folder has no libnvrtc.so.13")]
    public void AVariableThatNamesAFolderWithoutNvrtcHidesNoOtherAndIsNamed(string variable, string folder, string reason)
    {
        machine.AddFile("runtime only/lib64/libcudart.so.12");
        machine.Variables[variable] = machine.At(folder);
        var expected = $"{variable} is '{machine.At(folder)}'. {reason}";

        Assert.That(machine.Resolve().Error!.Message, Does.Contain(expected).And.Contain("Correct or unset it."));

        var pack = machine.AddNvrtc($"pack/{Name}");
        var choice = machine.Resolve(pack: machine.At("pack"));
        Assert.That(choice.Taken?.Path, Is.EqualTo(pack));
        Assert.That(choice.Remarks, Has.One.Contain(expected));
        Assert.That(machine.Resolve("sm_100f", pack: machine.At("pack")).Error!.Message, Does.Contain(expected));
    }

    [TestCase("VIRTUAL_ENV")]
    [TestCase("CONDA_PREFIX")]
    public void APythonEnvironmentThatWasDeletedHidesNoOther(string variable)
    {
        machine.Variables[variable] = machine.At("deleted");
        machine.AddFile("env/pyvenv.cfg", "home = /nowhere/bin\n");
        machine.AddFile("env/bin/python3");
        machine.Variables["PATH"] = machine.At("env/bin");
        var library = machine.AddNvrtc($"env/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/{Name}");

        Assert.That(machine.Resolve().Taken?.Path, Is.EqualTo(library));
    }

    [Test]
    public void TheFirstThatHasEveryArchitectureIsTaken()
    {
        machine.Variables["CUDA_PATH"] = machine.At("old");
        machine.AddBroken($"usr/local/cuda/lib64/{Name}");
        var old = machine.AddNvrtc("old/lib64/libnvrtc.so.11.2", "11.8", 80, 90);
        var good = machine.AddNvrtc($"usr/local/cuda-12.4/lib64/{Name}");

        var choice = machine.Resolve("sm_80;sm_90a");

        Assert.That(choice.Taken?.Path, Is.EqualTo(good));
        Assert.That(choice.Candidates.Select(v => v.ToString()), Is.EqualTo([
            $"NVRTC candidate '{old}' (CUDA_PATH, NVRTC 11.8): does not have sm_90a",
            $"NVRTC candidate '{machine.At($"usr/local/cuda/lib64/{Name}")}' (usual folders): passed over: it is broken",
            $"NVRTC candidate '{good}' (usual folders, NVRTC 12.4): taken"]));
    }

    [Test]
    public void IfNoneHasEveryArchitectureTheErrorIsAboutTheBest()
    {
        machine.AddNvrtc("usr/local/cuda-12.8/lib64/libnvrtc.so.12", "12.8", 80, 90, 100);
        machine.AddNvrtc("usr/local/cuda-12.9/lib64/libnvrtc.so.12", "12.9", 90);

        var choice = machine.Resolve("sm_80;sm_90a;sm_100f");

        Assert.That(choice.Taken, Is.Null);
        Assert.That(choice.Error!.Code, Is.EqualTo("FUSION1012"));
        Assert.That(choice.Error.Message, Does.Contain($"NVRTC 12.8 ('{machine.At("usr/local/cuda-12.8/lib64/libnvrtc.so.12")}') does not compile for sm_100f")
            .And.Contain("it has sm_80 sm_90 sm_100").And.Contain("NVRTC 12.9 or later would do"));
        Assert.That(machine.Resolve("sm_80;sm_90a;sm_100f", skip: true).Taken?.Version, Is.EqualTo(new Version(12, 8)));
    }

    [TestCase("nowhere", "There is no such file or folder.")]
    [TestCase("empty", "That folder has no libnvrtc.so.13")]
    [TestCase("broken/lib64/libnvrtc.so.12", "it is broken")]
    [TestCase("broken", "it is broken")]
    public void ANamedNvrtcThatDoesNotWorkIsAnErrorAndNothingElseIsTried(string named, string reason)
    {
        Directory.CreateDirectory(machine.At("empty"));
        machine.AddBroken("broken/lib64/libnvrtc.so.12");
        machine.AddNvrtc($"usr/local/cuda/lib64/{Name}");
        machine.Variables["FUSION_NVRTC_PATH"] = machine.At(named);

        foreach (var choice in new[] { machine.Resolve(property: named), machine.Resolve() })
        {
            Assert.That(choice.Taken, Is.Null);
            Assert.That(choice.Error!.Code, Is.EqualTo("FUSION1011"));
            Assert.That(choice.Error.Message, Does.Contain($"'{machine.At(named)}'").And.Contain(reason));
        }
    }

    [Test]
    public void WithoutAnyTheErrorSaysWhatToDo()
    {
        machine.LoaderNames.Add("libnvrtc.so.12");

        var error = machine.Resolve().Error!;

        Assert.That(error.Code, Is.EqualTo("FUSION1010"));
        Assert.That(error.Message, Does.Contain("Fusion.Nvrtc.linux-x64").And.Contain("FusionNvrtcPath").And.Contain("'libnvrtc.so.12' (loader)"));
    }

    [Test]
    public void ALibraryUnderTwoNamesIsLookedAtOnce()
    {
        machine.AddNvrtc($"usr/local/cuda-12.4/targets/x86_64-linux/lib/{Name}");
        Directory.CreateSymbolicLink(machine.At("usr/local/cuda-12.4/lib64"), "targets/x86_64-linux/lib");
        Directory.CreateSymbolicLink(machine.At("usr/local/cuda"), "cuda-12.4");

        Assert.That(machine.Resolve(lookAtAll: true).Candidates, Has.Count.EqualTo(1));
    }

    [Test]
    public void APythonOnThePathLeadsToItsPackages()
    {
        machine.AddFile("env/pyvenv.cfg", "home = /nowhere/bin\n");
        machine.AddFile("env/bin/python3");
        machine.Variables["PATH"] = $"{machine.At("nothing")}:{machine.At("env/bin")}";
        var library = machine.AddNvrtc($"env/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/{Name}");

        Assert.That(machine.Resolve().Taken?.Path, Is.EqualTo(library));
    }
}
