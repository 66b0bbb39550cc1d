using System.CommandLine;
using Llama.Cli.CommandLine;
using Llama.Cli.Output;
using Llama.Model;
using Llama.Serving;
using static Llama.Cli.CommandLine.ModelOptions;

namespace Llama.Cli.Generate;

/// <summary>Command <c>llama generate</c>, which continues a text.</summary>
internal static class GenerateCommand
{
    private const int PageSize = 16;
    private const int ChunkOfPrompt = 512;
    private const int UsualTokens = 128;

    /// <summary>Creates the command.</summary>
    public static Command Create(ToolContext context)
    {
        var options = new ModelOptions();
        var prompt = new Option<string>("--prompt") { Description = "Text to continue.", HelpName = "TEXT", Required = true };
        var maxTokens = new Option<int?>("--max-tokens") { Description = $"Largest number of tokens to make; {UsualTokens} by default, or as many as the context has left.", HelpName = "N" };
        var temperature = new Option<float>("--temperature") { Description = "What logits are divided by; 0, the default, takes the likeliest token.", HelpName = "T" };
        var topP = new Option<float>("--top-p")
        {
            Description = "Keep the likeliest tokens until their probabilities sum to this; 1 keeps all.",
            HelpName = "P",
            DefaultValueFactory = _ => 1,
        };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the random numbers.", HelpName = "N" };
        var command = new Command("generate", "Continue a text, which is printed while it is made.");
        options.AddTo(command, withShapes: false);
        foreach (var option in new Option[] { prompt, maxTokens, temperature, topP, seed }) command.Add(option);
        command.SetAction(async (line, cancellationToken) =>
        {
            // Ctrl+C is heard from here on.
            await Task.Yield();
            // Each process chooses the same tokens by itself, as all have the logits, the request and the seed.
            var process = options.Process(line, context);
            var own = context.OfRank(process.IsFirst);
            var model = options.Model(line);
            var tokenizer = TokenizerFile.Load(model.Folder!);
            int[] tokens = [.. PromptPrefix.Read(model.Folder!, tokenizer), .. tokenizer.EncodeToIds(line.GetValue(prompt)!)];
            var request = new Request
            {
                Prompt = tokens,
                MaxTokens = line.GetValue(maxTokens) is { } most ? Positive(most, "--max-tokens") : Math.Clamp(model.Config.Context - tokens.Length, 1, UsualTokens),
                Temperature = line.GetValue(temperature),
                TopP = line.GetValue(topP),
                Seed = line.GetValue(seed),
            };
            var longest = (int)Math.Min((long)tokens.Length + request.MaxTokens, model.Config.Context);
            var settings = options.Settings(line, process, model, new(
                Math.Clamp(tokens.Length, 1, ChunkOfPrompt), 1, PageSize, (longest + PageSize - 1) / PageSize, model.Config.Context));
            using var runner = LoadBar.Open(own, settings, cancellationToken).Runner;
            await using var server = new Server(runner);
            await PrintAsync(own.Out, new(tokenizer), server.Generate(request, cancellationToken), model.Config.EndTokens);
            return ExitCodes.Success;
        });
        return command;
    }

    private static async Task PrintAsync(TextWriter writer, TokenText text, IAsyncEnumerable<int> tokens, IReadOnlyList<int> endTokens)
    {
        try
        {
            await foreach (var token in tokens)
            {
                if (endTokens.Contains(token)) continue;
                await writer.WriteAsync(text.Add(token));
                await writer.FlushAsync(CancellationToken.None);
            }
        }
        finally
        {
            // The line ends too if Ctrl+C or an error ended the text.
            await writer.WriteLineAsync(text.End());
        }
    }
}
