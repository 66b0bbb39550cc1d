using System.CommandLine;
using Llama.Cli.CommandLine;
using Llama.Model;

namespace Llama.Cli.Logits;

/// <summary>Command <c>llama random</c>, which writes a checkpoint of random weights.</summary>
internal static class RandomCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var shape = new Option<string>("--shape") { Description = "Shape of the model.", Required = true };
        shape.AcceptOnlyFromAmong([.. KnownShapes.Names]);
        var fp8 = new Option<bool>("--fp8") { Description = "Projections in FP8, with static scales." };
        var layers = new Option<int?>("--layers") { Description = "Number of layers; the shape's own by default.", HelpName = "N" };
        var seed = NumberOptions.Whole("--seed", "Seed of the numbers.", 1);
        var output = new Option<string>("--out") { Description = "Folder, which is made if it is missing.", HelpName = "DIR", Required = true };
        var command = new Command("random", "Write a checkpoint of random weights, as Hugging Face has them.") { shape, fp8, layers, seed, output };
        command.SetAction(line =>
        {
            var config = KnownShapes.Get(line.GetValue(shape)!, line.GetValue(fp8));
            if (line.GetValue(layers) is { } count) config = config with { Layers = ModelOptions.Positive(count, "--layers") };
            RandomCheckpoint.Write(line.GetValue(output)!, config, line.GetValue(seed));
            return ExitCodes.Success;
        });
        return command;
    }
}
