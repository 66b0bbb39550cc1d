using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Llama.Cli.CommandLine;
using Llama.Cli.Output;
using Llama.Model.Running;
using Llama.Model.Safetensors;
using static Llama.Cli.CommandLine.ModelOptions;

namespace Llama.Cli.Logits;

/// <summary>Command <c>llama logits</c>, which writes a model's logits to a file, to be compared with those of other implementations.</summary>
internal static class LogitsCommand
{
    /// <summary>Name of the tensor in the file: f32 [chunks, vocabulary].</summary>
    public const string Tensor = "logits";

    private const int PageSize = 16;

    /// <summary>Creates the command.</summary>
    public static Command Create(ToolContext context)
    {
        var options = new ModelOptions();
        var tokens = new Option<string>("--tokens") { Description = "Numbers of the tokens of a text, separated by commas.", HelpName = "N,N,…", Required = true };
        var chunk = NumberOptions.Whole("--chunk", "Tokens of a step: 1 decodes them one by one, more prefill in chunks.", 512);
        var output = new Option<string>("--out") { Description = "File that is written: safetensors with 'logits', f32 [steps, vocabulary], behind the last token of each step.", HelpName = "FILE", Required = true };
        var command = new Command("logits", "Write a model's logits to a file.");
        options.AddTo(command, withShapes: false);
        foreach (var option in new Option[] { tokens, chunk, output }) command.Add(option);
        command.SetAction(async (line, cancellationToken) =>
        {
            await Task.Yield();
            var process = options.Process(line, context);
            if (process.IsFirst) Rows.ThrowUnlessWritable(line.GetValue(output));
            var model = options.Model(line);
            var text = TokensOf(line.GetValue(tokens)!, model.Config.Vocabulary);
            var size = Math.Min(Positive(line.GetValue(chunk), "--chunk"), text.Length);
            var pages = (text.Length + PageSize - 1) / PageSize;
            var settings = options.Settings(line, process, model, new(size, 1, PageSize, pages, model.Config.Context));
            using var runner = LoadBar.Open(context.OfRank(process.IsFirst), settings, cancellationToken).Runner;
            if (text.Length > runner.Limits.MaxContext)
                throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"There are {text.Length} tokens, but the model's context has {runner.Limits.MaxContext}."));
            float[][] logits = [.. LogitsOf(runner, text, size, cancellationToken)];
            if (process.IsFirst) Write(line.GetValue(output)!, logits, model.Config.Vocabulary);
            return ExitCodes.Success;
        });
        return command;
    }

    private static IEnumerable<float[]> LogitsOf(IModelRunner runner, int[] text, int size, CancellationToken cancellationToken)
    {
        int[] pages = [.. Enumerable.Range(0, runner.Limits.PagesFor(text.Length))];
        for (var first = 0; first < text.Length; first += size)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return runner.LogitsOf([new(text[first..Math.Min(first + size, text.Length)], first, pages, TokenChoice.Greedy)])[0];
        }
    }

    private static int[] TokensOf(string text, int vocabulary)
    {
        var numbers = new List<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, CultureInfo.InvariantCulture, out var number) || (uint)number >= (uint)vocabulary)
                throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"'{part}' of '--tokens' is no token of a vocabulary of {vocabulary}: expected are numbers from 0 to {vocabulary - 1}."));
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void Write(string file, float[][] logits, int vocabulary) => SafetensorsWriter.Write(
        file, [new(Tensor, TensorDataType.Float32, [logits.Length, vocabulary], stream =>
        {
            foreach (var row in logits) stream.Write(MemoryMarshal.AsBytes<float>(row));
        })]);
}
