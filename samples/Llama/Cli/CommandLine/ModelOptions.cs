using System.CommandLine;
using System.Globalization;
using Fusion.Graph;
using Fusion.Runtime;
using Llama.Cli.Runners;
using Llama.Model;
using Llama.Model.Running;

namespace Llama.Cli.CommandLine;

/// <summary>Options that say which model runs where, and how.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string> model = new("--model")
    {
        Description = "Folder of a checkpoint: config.json, safetensors files, tokenizer.json.",
        HelpName = "DIR",
    };

    private readonly Option<string> shape = new("--shape") { Description = "Shape of a known model, in place of a checkpoint." };
    private readonly Option<bool> random = new("--random") { Description = "Take random weights, which need no files." };
    private readonly Option<bool> fp8 = new("--fp8") { Description = "Random weights in FP8 with static scales; bf16 by default." };
    private readonly Option<string> device = new("--device") { Description = "Where the ranks are.", DefaultValueFactory = _ => "cpu" };

    private readonly Option<bool> processes = new("--processes")
    {
        Description = "Be one of several ranks that 'fusion run' or another launcher started, each in a process of its own: it says which rank, and how many there are.",
    };

    private readonly Option<int> ranks = new("--ranks")
    {
        Description = "Number of ranks over which the model is spread.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string> allReduce = new("--all-reduce") { Description = "How ranks sum; fused by default, or as --passes says." };

    private readonly Option<string> passes = new("--passes")
    {
        Description = "Which passes are on, and size limits, as JSON with the names of Fusion or of vLLM's pass_config.",
        HelpName = "FILE",
    };

    private readonly Option<int?> skinny = new("--skinny-rows")
    {
        Description = "On GPUs, the most rows of a matmul that kernels for few rows do, up to 16; 8 by default, 0 leaves all to cuBLASLt.",
        HelpName = "N",
    };

    public ModelOptions()
    {
        shape.AcceptOnlyFromAmong([.. KnownShapes.Names]);
        device.AcceptOnlyFromAmong([.. RunnerFactory.Devices]);
        allReduce.AcceptOnlyFromAmong([.. Enum.GetNames<AllReduceWay>().Select(name => name.ToLowerInvariant())]);
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="withShapes">Whether random weights are enough, because no text is read or written.</param>
    public void AddTo(Command command, bool withShapes)
    {
        command.Add(model);
        if (withShapes)
        {
            command.Add(shape);
            command.Add(random);
            command.Add(fp8);
        }
        else
        {
            model.Required = true;
        }

        command.Add(device);
        command.Add(ranks);
        command.Add(processes);
        command.Add(allReduce);
        command.Add(passes);
        command.Add(skinny);
    }

    /// <summary>Finds the model.</summary>
    /// <exception cref="UsageException">Not exactly one is named.</exception>
    /// <exception cref="CheckpointException">The checkpoint's configuration cannot be used.</exception>
    public ModelSource Model(ParseResult line)
    {
        var (folder, name) = (line.GetValue(model), line.GetValue(shape));
        var isRandom = line.GetValue(random);
        if (folder is not null)
        {
            if (name is not null || isRandom || line.GetValue(fp8)) throw new UsageException("Give either --model, or --shape with --random.");
            return new(
                ModelConfigReader.Read(Path.Combine(folder, ModelConfigReader.FileName)),
                Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), folder);
        }

        if (name is null || !isRandom) throw new UsageException("Name a checkpoint by --model DIR, or take random weights by --shape NAME --random.");
        return line.GetValue(fp8) ? new(KnownShapes.Get(name, isFp8: true), $"{name}-fp8", null) : new(KnownShapes.Get(name), name, null);
    }

    /// <summary>Tells which rank this process is.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="context">What the command works with.</param>
    /// <exception cref="UsageException">Options contradict each other, or what the launcher says.</exception>
    /// <exception cref="Fusion.Runtime.FusionArgumentException">No launcher says which rank this is.</exception>
    public LaunchedProcess Process(ParseResult line, ToolContext context)
    {
        var place = line.GetValue(device)!;
        if (!line.GetValue(processes)) return new(null, place);
        if (line.GetResult(ranks) is { Implicit: false })
            throw new UsageException("Option '--ranks' is for ranks that are all in this process; with '--processes' the launcher says how many there are, as in 'fusion run --ranks 2 -- …'.");
        return LaunchedProcess.Of(context.Launcher(), place, line.GetResult(device) is { Implicit: false });
    }

    /// <summary>Makes the settings of a runner.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="process">Which rank this process is.</param>
    /// <param name="source">The model.</param>
    /// <param name="limits">How much a step and the cache hold.</param>
    /// <exception cref="UsageException">The ranks do not divide the model, or the file of passes is wrong.</exception>
    public RunnerSettings Settings(ParseResult line, in LaunchedProcess process, ModelSource source, RunnerLimits limits)
    {
        var count = process.Rendezvous?.WorldSize ?? line.GetValue(ranks);
        try
        {
            source.Config.ThrowUnlessDivisible(count);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }

        var config = Passes(line.GetValue(passes));
        var way = line.GetValue(allReduce) is { } word ? Enum.Parse<AllReduceWay>(word, ignoreCase: true)
            : config.AllReduceFusion ? AllReduceWay.Fused : AllReduceWay.Separate;
        return new()
        {
            Model = source,
            Device = process.Device,
            Rendezvous = process.Rendezvous,
            Ranks = count,
            AllReduce = way,
            Passes = config with { AllReduceFusion = way == AllReduceWay.Fused },
            SkinnyRows = line.GetValue(skinny) is var rows and (null or (>= 0 and <= 32)) ? rows
                : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"Option '--skinny-rows' is {line.GetValue(skinny)}, but must be 0 to 32.")),
            Limits = limits,
        };
    }

    /// <summary>Checks that a number is 1 or more.</summary>
    /// <exception cref="UsageException">It is less.</exception>
    public static int Positive(int value, string option) => value > 0 ? value
        : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"Option '{option}' is {value}, but must be 1 or more."));

    private static FusionPassConfig Passes(string? file)
    {
        try
        {
            return file is null ? FusionPassConfig.Default : FusionPassConfig.Load(file);
        }
        catch (FusionDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
