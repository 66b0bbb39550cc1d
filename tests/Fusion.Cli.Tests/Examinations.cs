using System.Text.Json;
using Fusion.Cli.Tests.Infrastructure;
using Fusion.Tests.Shared;

namespace Fusion.Cli.Tests;

public sealed class Examinations : FolderOfATest
{
    [Test]
    public void ABrokenNvrtcIsNamedWithItsReasonAndWhatToDo()
    {
        var library = Path.Combine(Folder, "libnvrtc.so.12");
        File.WriteAllText(library, "no library");
        var run = Examine("FUSION_NVRTC_PATH", Folder);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Lines, Has.Some.EqualTo($"  -     {library}"));
        Assert.That(run.Lines, Has.Some.EqualTo("        from     environment variable FUSION_NVRTC_PATH"));
        Assert.That(run.Output, Does.Contain("verdict  passed over: ").And.Contain("FUSION1011"));
        Assert.That(run.Lines, Has.Some.StartsWith($"- NVRTC {library} (environment variable FUSION_NVRTC_PATH): passed over: ")
            .And.Some.StartsWith("  Remove it, or install it again"));
    }

    [Test]
    public void AToolkitsNvrtcIsFoundByItsVariable()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "lib64"));
        var library = Path.Combine(Folder, "lib64", "libnvrtc.so.13");
        File.WriteAllText(library, "no library");
        var found = Examine("CUDA_PATH", Folder, "--json").Json.GetProperty("nvrtc").EnumerateArray()
            .Single(nvrtc => nvrtc.GetProperty("path").GetString() == library);

        Assert.That(found.GetProperty("origin").GetString(), Is.EqualTo("CUDA_PATH"));
        Assert.That(found.GetProperty("works").GetBoolean(), Is.False);
        Assert.That(found.GetProperty("isUsed").GetBoolean(), Is.False);
        Assert.That(found.GetProperty("advice").GetString(), Is.Not.Empty);
    }

    [Test]
    public void ANamedNvrtcDoesNotHideTheOthers()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "toolkit", "lib64"));
        Directory.CreateDirectory(Path.Combine(Folder, "named"));
        foreach (var library in new[] { "toolkit/lib64/libnvrtc.so.13", "named/libnvrtc.so.12" })
            File.WriteAllText(Path.Combine(Folder, library), "no library");
        var run = Tool.RunWith(
            new Dictionary<string, string?>
            {
                ["FUSION_NVRTC_PATH"] = Path.Combine(Folder, "named"),
                ["CUDA_PATH"] = Path.Combine(Folder, "toolkit"),
            },
            "doctor", "--json");

        var found = run.Json.GetProperty("nvrtc").EnumerateArray().Select(nvrtc => nvrtc.GetProperty("path").GetString());
        Assert.That(found, Has.Some.EndsWith("named/libnvrtc.so.12").And.Some.EndsWith("toolkit/lib64/libnvrtc.so.13"));
    }

    [Test]
    public void JsonSaysOfDriverAndGpusWhatTheMachineHas()
    {
        var run = Examine("FUSION_NVRTC_PATH", Folder, "--json");
        var driver = run.Json.GetProperty("driver").GetProperty("cuda");
        var gpus = run.Json.GetProperty("gpus").GetArrayLength();
        var problems = run.Json.GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("what").GetString()).ToList();

        Assert.That(run.ExitCode, Is.EqualTo(1), "the folder named has no NVRTC");
        Assert.That(problems, Has.Some.StartsWith("FUSION1011"));
        Assert.That(run.Json.GetProperty("problems").EnumerateArray(), Has.All.Matches<JsonElement>(
            p => p.GetProperty("advice").GetString()!.Length > 0));
        if (driver.ValueKind == JsonValueKind.Null) Assert.That(problems, Has.Some.Contains("CUDA driver"));
        else Assert.That(gpus > 0 || problems.Any(p => p!.Contains("no GPU")), Is.True);
        Assert.That(run.Json.GetProperty("peers").GetArrayLength(), Is.EqualTo(gpus > 1 ? gpus : 0));
    }

    [Test]
    public void VariablesThatTheRuntimeSetsAreNamedAndAUsersOwnIsLeftAsItIs()
    {
        var run = Examine("FUSION_NVRTC_PATH", Folder, "--json");
        var variables = run.Json.GetProperty("variables").EnumerateArray().ToDictionary(
            variable => variable.GetProperty("name").GetString()!,
            variable => (variable.GetProperty("value").GetString(), variable.GetProperty("isOwn").GetBoolean()));

        Assert.That(variables["NCCL_RUNTIME_CONNECT"], Is.EqualTo(("0", false)));
        Assert.That(Examine("NCCL_RUNTIME_CONNECT", "1").Lines, Has.Some.Matches(
            "^NCCL_RUNTIME_CONNECT +1 +you +"));
    }

    [Test]
    public void AMachineThatBuildsNeedsNoGpu()
    {
        Assume.That(File.Exists("/dev/nvidia0"), Is.False, "this machine has a GPU");
        var nvrtc = Repository.PathOf("artifacts/nvrtc/default/lib");
        Assume.That(Directory.Exists(nvrtc), "no NVRTC was fetched");

        var run = Examine("FUSION_NVRTC_PATH", nvrtc);
        var json = Examine("FUSION_NVRTC_PATH", nvrtc, "--json").Json;

        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(run.Lines, Has.Some.EqualTo("No problem found.").And.Some.EqualTo("This machine builds kernels and does not run them:")
            .And.Some.StartsWith("- No CUDA driver: ").And.Some.Contains(" sm_90 sm_90a"));
        Assert.That(json.GetProperty("problems").GetArrayLength(), Is.Zero);
        Assert.That(json.GetProperty("notes")[0].GetProperty("what").GetString(), Does.StartWith("No CUDA driver"));
    }

    [Test]
    public void TheEmulatorIsNamedAsTheDriverWithTheReason()
    {
        var nvrtc = Repository.PathOf("artifacts/nvrtc/default/lib");
        Assume.That(Directory.Exists(nvrtc), "no NVRTC was fetched");
        var environment = new Dictionary<string, string?> { ["FUSION_DRIVER"] = "emulator:2", ["FUSION_NVRTC_PATH"] = nvrtc };

        var run = Tool.RunWith(environment, "doctor");
        var json = Tool.RunWith(environment, "doctor", "--json").Json;

        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(run.Lines[0], Does.Match(@"^Driver: CUDA 13\.0, takes PTX up to 9\.0, from Fusion\.Emulator \d+\.\d+\.\d+, because FUSION_DRIVER is 'emulator:2'$"));
        Assert.That(json.GetProperty("driver").GetProperty("origin").GetString(), Does.StartWith("Fusion.Emulator "));
        Assert.That(json.GetProperty("gpus").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void AnEmulatorThatDoesNotExistIsAProblem()
    {
        var run = Examine("FUSION_DRIVER", "emulator:99");

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Lines, Has.Some.StartsWith("- FUSION_DRIVER is 'emulator:99', and this program has no emulator of that kind")
            .And.Some.EqualTo("  Correct the variable FUSION_DRIVER, or remove it to use libcuda."));
    }

    private static Tool Examine(string variable, string folder, params string[] options)
    {
        var environment = new Dictionary<string, string?>
        {
            ["FUSION_NVRTC_PATH"] = null,
            ["CUDA_PATH"] = null,
            ["CUDA_DEVICE_MAX_CONNECTIONS"] = null,
            ["NCCL_RUNTIME_CONNECT"] = null,
            [variable] = folder,
        };
        return Tool.RunWith(environment, ["doctor", .. options]);
    }
}
