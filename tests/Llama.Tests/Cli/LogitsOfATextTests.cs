using System.Runtime.InteropServices;
using Fusion.Runtime;
using Llama.Model;
using Llama.Model.Safetensors;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary><c>llama logits</c> and <c>llama random</c>.</summary>
public sealed class LogitsOfATextTests
{
    private const string Text = "5,17,200,3,3,91,44";

    [Test]
    public void AreTheSameInOneStepAndTokenByTokenOnTheCpuAndOnTheEmulator()
    {
        using var folder = new ModelFolder(ModelFolder.Small with { HeadSize = 32 });

        var whole = Run(folder, "--ranks", "2");
        var byToken = Run(folder, "--chunk", "1");
        var emulated = Run(folder, "--chunk", "3", "--ranks", "2", "--device", "emulator");

        Assert.That(whole, Has.Length.EqualTo(304));
        Assert.That(byToken, Has.Length.EqualTo(7 * 304));
        Assert.That(emulated, Has.Length.EqualTo(3 * 304));
        var spread = whole.Max() - whole.Min();
        Assert.That(spread, Is.GreaterThan(0.5f));
        // Sums of other lengths, rounded to bf16.
        Assert.That(byToken[(6 * 304)..].Zip(whole, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(0.03f * spread));
        Assert.That(emulated[(2 * 304)..].Zip(whole, (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(0.03f * spread));
        Assert.That(emulated[..304].Zip(byToken[(2 * 304)..], (a, b) => MathF.Abs(a - b)).Max(), Is.LessThan(0.03f * spread));
    }

    [TestCase("1,x", "'x' of '--tokens' is no token of a vocabulary of 304: expected are numbers from 0 to 303.")]
    [TestCase("304", "'304' of '--tokens' is no token of a vocabulary of 304: expected are numbers from 0 to 303.")]
    public void NeedTokensOfTheVocabulary(string tokens, string message)
    {
        using var folder = new ModelFolder();

        var result = Tool.Run("logits", "--model", folder.Path, "--tokens", tokens, "--out", folder["out"]);

        Assert.That((result.Code, result.Error.Trim()), Is.EqualTo((2, message)));
    }

    [Test]
    public void OnGpusNeedOneForEachRank()
    {
        if (GpuDriver.IsAvailable) Assert.Ignore("there is a GPU");
        using var folder = new ModelFolder();

        var result = Tool.Run("logits", "--model", folder.Path, "--tokens", "1", "--out", folder["out"], "--device", "gpu", "--ranks", "2");

        Assert.That(result.Error, Does.StartWith("'--ranks 2' on GPUs needs as many of them, but there are 0: 'fusion doctor' says what was found."));
        Assert.That(result.Code, Is.EqualTo(2));
    }

    [Test]
    public void OfARandomCheckpointThatTheProgramWroteAreNumbers()
    {
        using var folder = new TestFolder();
        Assert.That(Tool.Run("random", "--shape", "tiny", "--fp8", "--layers", "1", "--out", folder["model"]), Is.EqualTo(new Tool.Result(0, "", "")));

        var result = Tool.Run("logits", "--model", folder["model"], "--tokens", "5,6", "--out", folder["out"]);

        Assert.That(result.Code, Is.EqualTo(0), result.Error);
        Assert.That(Read(folder["out"]), Has.Length.EqualTo(512).And.All.Matches<float>(float.IsFinite));
        Assert.That(ModelConfigReader.Read(Path.Combine(folder["model"], "config.json")).Layers, Is.EqualTo(1));
    }

    private static float[] Run(ModelFolder folder, params string[] more)
    {
        var result = Tool.Run(["logits", "--model", folder.Path, "--tokens", Text, "--out", folder["logits.safetensors"], .. more]);
        Assert.That(result.Code, Is.EqualTo(0), result.Error);
        return Read(folder["logits.safetensors"]);
    }

    private static float[] Read(string file)
    {
        using var opened = SafetensorsFile.Open(file);
        var entry = opened.Tensors["logits"];
        var count = (int)entry.Shape.Aggregate((product, size) => product * size);
        return MemoryMarshal.Cast<byte, float>(opened.Bytes(entry, 0, count * sizeof(float))).ToArray();
    }
}
