using System.Text.Json;
using Fusion.Emulation;
using Fusion.Interop.Nccl;
using Fusion.Runtime;
using Fusion.Runtime.Distributed;
using Llama.Cli.Bench;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary>Command lines with <c>--processes</c>: each rank knows the others by its connection alone. Most run within this process.</summary>
public sealed class RanksInProcesses
{
    private static readonly string[] Random = ["bench", "--shape", "tiny", "--random", "--batch", "1", "--context", "4", "--repeats", "2", "--warm-ups", "0"];

    [Test]
    public void GenerateTheTextOfOneProcess([Values("", "--temperature 1.5 --top-p 0.9 --seed 3")] string choice)
    {
        using var folder = new ModelFolder();
        string[] line = ["generate", "--model", folder.Path, "--prompt", "hello hell", "--max-tokens", "12", .. choice.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        var alone = Tool.Run([.. line, "--ranks", "2"]);
        Assert.That(alone.Out, Has.Length.GreaterThan(3));
        Assert.That(LaunchedRanks.Together(2, null, line), Is.EqualTo([alone, new Tool.Result(0, "", "")]));
    }

    [Test]
    [Category("Nightly")]
    public void GenerateTheSameOnEmulatedGpus()
    {
        using var folder = new ModelFolder(ModelFolder.Small with { HeadSize = 32 });
        // By chance, so that the logits of the whole vocabulary are exchanged too.
        string[] line = ["generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "3", "--device", "emulator", "--temperature", "1.5", "--seed", "3"];
        Emulator.Use(new() { Gpus = 2 });
        try
        {
            var alone = Tool.Run([.. line, "--ranks", "2"]);
            Assert.That(alone, Is.EqualTo(new Tool.Result(0, alone.Out, "")));
            Assert.That(LaunchedRanks.Together(2, null, line), Is.EqualTo([alone, new Tool.Result(0, "", "")]));
            Assert.That(Emulator.Faults, Is.Empty);
        }
        finally
        {
            Emulator.Leave();
        }
    }

    // What they compute is theirs alone; NCCL sums and gathers, the choice of tokens too.
    [TestCase("")]
    [TestCase("--temperature 1.5 --seed 3", Category = "Nightly")]
    public void GenerateTheSameOnEmulatedGpusThatShareNoMemory(string choice)
    {
        using var folder = new ModelFolder(ModelFolder.Small with { HeadSize = 32 });
        string[] line = ["generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "3", "--device", "emulator", .. choice.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        OnMachines(() =>
        {
            var alone = Tool.Run([.. line, "--ranks", "2"]);
            Assert.That(alone, Is.EqualTo(new Tool.Result(0, alone.Out, "")));
            Assert.That(LaunchedRanks.Together(2, null, sharesMemory: false, line), Is.EqualTo([alone, new Tool.Result(0, "", "")]));
        });
        Assert.That(FakeNccl.Calls, Has.Some.Contains("all-reduce").And.Some.Contains("all-gather").And.None.StartsWith("abort"));
    }

    [Test]
    [Category("Nightly")]
    public void MeasureOnEmulatedGpusThatShareNoMemory() => OnMachines(() =>
    {
        var results = LaunchedRanks.Together(2, null, sharesMemory: false, [.. Random, "--device", "emulator"]);
        Assert.That(results[0].Out, Does.StartWith("tiny on 2 ranks (emulator, a process each), all-reduce fused: "));
        Assert.That(results[1], Is.EqualTo(new Tool.Result(0, "", "")));
    });

    [Test]
    public void MeasureAndTheFirstPrints()
    {
        using var folder = new TestFolder();
        var results = LaunchedRanks.Together(2, Rendezvous.OnCpu, [.. Random, "--json", "--csv", folder["rows.csv"]]);
        var row = JsonSerializer.Deserialize<List<BenchRow>>(results[0].Out, JsonSerializerOptions.Web)!.Single();
        Assert.That((row.Ranks, row.IsInProcesses, results[1]), Is.EqualTo((2, true, new Tool.Result(0, "", ""))));
        Assert.That(File.ReadAllLines(folder["rows.csv"]), Has.Length.EqualTo(2));
        Assert.That(LaunchedRanks.Together(2, null, Random)[0].Out, Does.StartWith("tiny on 2 ranks (cpu, a process each), all-reduce fused: "));
    }

    [Test]
    public void WriteTheLogitsOfOneProcess()
    {
        using var folder = new ModelFolder();
        string[] line = ["logits", "--model", folder.Path, "--tokens", "1,2,3,4,5", "--chunk", "2", "--out"];
        Tool.Run([.. line, folder["alone"], "--ranks", "2"]);
        LaunchedRanks.Together(2, null, [.. line, folder["together"]]);
        Assert.That(File.ReadAllBytes(folder["together"]), Is.EqualTo(File.ReadAllBytes(folder["alone"])));
    }

    [TestCase("--ranks 2", null, "with '--processes' the launcher says how many there are")]
    [TestCase("--device cpu", 0, "The launcher puts rank 0 on GPU 0 (FUSION_DEVICE), but '--device' is cpu.")]
    [TestCase("--device gpu", Rendezvous.OnCpu, "The launcher puts rank 0 on the CPU (FUSION_DEVICE), but '--device' is gpu.")]
    public void RefuseWhatContradictsTheLauncher(string options, int? device, string words)
    {
        var result = LaunchedRanks.Run(0, 2, "@nobody", device, sharesMemory: true, [.. Random, .. options.Split(' ')]).Result;
        Assert.That(result, Is.EqualTo(new Tool.Result(2, "", result.Error)));
        Assert.That(result.Error, Does.Contain(words));
    }

    [Test]
    public void AreRefusedWithoutALauncher()
    {
        var result = Tool.Run([.. Random, "--processes"]);
        Assert.That((result.Code, result.Out), Is.EqualTo((1, "")));
        Assert.That(result.Error, Does.StartWith("FUSION4013").And.Contain("Nothing says which rank this process is"));
    }

    [TestCase("cpu")]
    [TestCase("gpu")]
    [Platform("Linux")]
    public void AreProcessesOfALauncher(string device)
    {
        if (device == "gpu" && (!GpuDriver.IsAvailable || GpuDevice.Count < 2)) Assert.Ignore("There are no two GPUs.");
        using var folder = new ModelFolder(ModelFolder.Small with { HeadSize = 32 });
        string[] line = ["generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "6", "--device", device];
        using var ranks = new LaunchedRanks(2, line);
        Assert.That(ranks.Results(), Is.EqualTo([Tool.Run([.. line, "--ranks", "2"]), new Tool.Result(0, "", "")]));
    }

    private static void OnMachines(Action test)
    {
        Emulator.Use(new() { Gpus = 2 });
        NcclAllReduce.InPlaceOfTheInstalled = NcclLibrary.Of(new FakeNccl(waits: 1));
        try
        {
            test();
            Assert.That(Emulator.Faults, Is.Empty);
        }
        finally
        {
            NcclAllReduce.InPlaceOfTheInstalled = null;
            Emulator.Leave();
        }
    }
}
