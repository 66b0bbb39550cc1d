using Llama.Model;
using Llama.Model.Reference;
using Llama.Tests.Support;

namespace Llama.Tests.Cli;

/// <summary>What <c>llama generate</c> prints.</summary>
public sealed class Generations
{
    [Test]
    public void AreTheTextOfTheReferencesTokens([Values(1, 2)] int ranks, [Values(null, 299)] int? prefix)
    {
        using var folder = new ModelFolder(prefix: prefix);
        var tokenizer = TokenizerFile.Load(folder.Path);
        int[] tokens;
        using (var checkpoint = Checkpoint.Open(folder.Path))
        {
            using var model = new ReferenceModel(checkpoint, ranks);
            tokens = model.Generate([.. prefix is { } first ? [first] : Array.Empty<int>(), .. tokenizer.EncodeToIds("hello hell")], 20);
        }

        var result = Tool.Run("generate", "--model", folder.Path, "--prompt", "hello hell", "--max-tokens", "20", "--ranks", $"{ranks}");
        Assert.That(result, Is.EqualTo(new Tool.Result(0, tokenizer.Decode(tokens.Where(token => token != TestTokenizer.End)) + Environment.NewLine, "")));
    }

    [Test]
    public void OnTheEmulatorAreThoseOfTheCpu()
    {
        // Head sizes that the kernels have begin at 32.
        using var folder = new ModelFolder(ModelFolder.Small with { HeadSize = 32 });
        Tool.Result On(string device) => Tool.Run("generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "4", "--device", device);
        Assert.That(On("emulator"), Is.EqualTo(On("cpu")));
    }

    [Test]
    public void AreTheSameForTheSameSeedAlone()
    {
        using var folder = new ModelFolder();
        string Text(string seed) => Tool.Run("generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "12", "--temperature", "1.5", "--top-p", "0.9", "--seed", seed).Out;
        var text = Text("1");
        Assert.That(Text("1"), Is.EqualTo(text).And.Not.EqualTo(Text("2")).And.Not.EqualTo(Environment.NewLine));
    }

    [Test]
    public void EndBeforeTheTokenThatEndsATextWhichIsNotPrinted()
    {
        using var any = new ModelFolder();
        var tokenizer = TokenizerFile.Load(any.Path);
        int[] tokens;
        using (var checkpoint = Checkpoint.Open(any.Path))
        {
            using var model = new ReferenceModel(checkpoint);
            tokens = model.Generate(tokenizer.EncodeToIds("hello"), 10);
        }

        var end = tokens[5];
        using var folder = new ModelFolder(ModelFolder.Small with { EndTokens = [end] });
        Assert.That(Tool.Run("generate", "--model", folder.Path, "--prompt", "hello").Out,
            Is.EqualTo(tokenizer.Decode(tokens.TakeWhile(token => token != end)) + Environment.NewLine));
    }

    [Test]
    public void OfPassesThatAreOffAreTheSame()
    {
        using var folder = new ModelFolder();
        using var passes = new TestFolder();
        var off = passes.Write("passes.json", """{ "fuse_allreduce_rms": false, "eliminate_noops": true, "enable_sp": true }""");
        var fused = Tool.Run("generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "9", "--ranks", "2");
        var separate = Tool.Run("generate", "--model", folder.Path, "--prompt", "hello", "--max-tokens", "9", "--ranks", "2", "--passes", off);
        Assert.That(separate.Out, Is.EqualTo(fused.Out));
        Assert.That(separate.Error, Does.StartWith("warning: FUSION5010: ").And.Contain("enable_sp"));
    }

    [Test]
    public void OfAPromptLongerThanTheContextAreRefused()
    {
        using var folder = new ModelFolder();
        Fails(folder, 1, "The prompt has 200 tokens, and 1 are to be made, 201 together; the longest context has 128", "--prompt", new string('!', 200));
        Fails(folder, 1, "The prompt has 20 tokens, and 109 are to be made, 129 together", "--prompt", new string('!', 20), "--max-tokens", "109");
        Fails(folder, 1, "Top-p is 3", "--prompt", "a", "--top-p", "3", "--max-tokens", "4");
        Fails(folder, 1, "The prompt has no tokens", "--prompt", "", "--max-tokens", "4");
        Fails(folder, 2, "Option '--max-tokens' is 0", "--prompt", "a", "--max-tokens", "0");
    }

    [Test]
    public void OfHeadsThatDoNotDivideByTheRanksAreRefused()
    {
        using var folder = new ModelFolder();
        Fails(folder, 2, "The model cannot be spread over 4 ranks, which must divide its sizes: num_key_value_heads is 2.", "--prompt", "a", "--ranks", "4");
    }

    [Test]
    public void OfBrokenCheckpointsAreRefusedWithTheFile()
    {
        using (var folder = new ModelFolder())
        {
            using (var file = File.OpenWrite(folder["model.safetensors"])) file.SetLength(file.Length - 10);
            Fails(folder, 2, "model.safetensors: it is truncated: 'lm_head.weight' (BF16[304, 64])", "--prompt", "a");
        }

        using (var folder = new ModelFolder(files: 3))
        {
            File.Delete(folder["model-00002-of-00003.safetensors"]);
            Fails(folder, 2, "it names the file 'model-00002-of-00003.safetensors', which is not in the folder", "--prompt", "a");
        }

        using (var folder = new ModelFolder())
        {
            File.WriteAllText(folder["config.json"], ConfigJson.Write(folder.Config with { Type = Llama.Model.Safetensors.TensorDataType.Float16 }));
            Fails(folder, 2, "'model.embed_tokens.weight' is BF16[304, 64]; expected is F16[304, 64]", "--prompt", "a");
            File.Delete(folder["tokenizer.json"]);
            Fails(folder, 2, "it has neither tokenizer.json nor tokenizer.model", "--prompt", "a");
            File.Delete(folder["config.json"]);
            Fails(folder, 2, "config.json: it cannot be read", "--prompt", "a");
        }
    }

    [Test]
    public void ThatAreCancelledEndTheLineAndTheProgram()
    {
        using var folder = new ModelFolder();
        using var cancelling = new CancellationTokenSource();
        var steps = 0;
        var runners = new TestRunners(settings => new PageRunner(settings.Limits)
        {
            OnStep = _ =>
            {
                if (++steps == 4) cancelling.Cancel();
            },
        });
        var result = Tool.RunAsync(runners, TimeProvider.System, cancelling.Token, "generate", "--model", folder.Path, "--prompt", "!#%").Result;
        Assert.That((result.Code, result.Error), Is.EqualTo((130, "")));
        Assert.That(result.Out, Does.EndWith(Environment.NewLine));
        Assert.That(steps, Is.EqualTo(4));
    }

    [Test]
    public void SayThatARankDied()
    {
        using var folder = new ModelFolder();
        var runners = new TestRunners(settings => new PageRunner(settings.Limits) { OnStep = _ => throw new TimeoutException("Rank 0 waited for rank 1.") });
        var result = Tool.RunAsync(runners, TimeProvider.System, CancellationToken.None, "generate", "--model", folder.Path, "--prompt", "!#%").Result;
        Assert.That(result.Code, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("A step of the model failed").And.Contain("Rank 0 waited for rank 1."));
    }

    private static void Fails(ModelFolder folder, int code, string text, params string[] arguments)
    {
        var result = Tool.Run(["generate", "--model", folder.Path, .. arguments]);
        Assert.That(result.Error, Does.Contain(text));
        Assert.That(result.Code, Is.EqualTo(code), result.Error);
    }
}
