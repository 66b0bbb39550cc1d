using System.CommandLine;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Manifest;
using Fusion.Runtime;
using static Fusion.Cli.CommandLine.ToolOptions;

namespace Fusion.Cli.Planning;

/// <summary>Command <c>fusion plan</c>, which explains how an all-reduce would be done, without a GPU.</summary>
internal static class PlanCommand
{
    private static readonly Dictionary<string, QuantizationKind> Quantizations = AllReduceVocabulary.Quantizations
        .ToDictionary(row => row.Word, row => Enum.Parse<QuantizationKind>(row.Name));

    // The word for a policy, in place of a file's name.
    private const string Tuned = "tuned";

    private static readonly Dictionary<string, GroupTopology> Topologies = new()
    {
        ["gpus"] = GroupTopology.Gpus,
        ["loopback"] = GroupTopology.Loopback,
        ["cpu"] = GroupTopology.Cpu,
        ["machines"] = GroupTopology.Machines,
    };

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var architecture = Text("--arch", "The GPUs: sm_90 for an H100 or H200. Not needed for --topology cpu.", "ARCH");
        var worldSize = Number("--world-size", $"Number of ranks: {AllReduceVocabulary.GroupSizeWords}.", required: true);
        var tokens = Number("--tokens", "Tokens of the call.", required: true);
        var hidden = Number("--hidden", $"Elements of a token: a multiple of 8 up to {KernelLimits.LongestRow}.", required: true);
        var maxTokens = Number("--max-tokens", "The most tokens of a call, which size the workspace; by default this call's.");
        var groupSize = Number("--group-size", "Elements that share a scale, for --quant fp8-group; 128 by default.");
        var type = Choice("--dtype", "Type of the input; bf16 by default.", Types.Keys);
        var quantization = Choice("--quant", "What follows; none by default. It never changes the strategy.", [EpilogueWords.None, .. Quantizations.Keys]);
        var epilogue = Text("--epilogue", "All that follows the sum, in place of --quant: residual+rmsnorm+fp8.", "WORDS");
        var kernels = KernelsOption();
        var topology = Choice("--topology", "A GPU for each rank (default), all on one GPU, the CPU, or GPUs of several machines.", Topologies.Keys);
        var ranksOfAMachine = Number("--ranks-of-a-machine", "With --topology machines: sum in two levels, with so many ranks on each machine.");
        var strategy = Choice("--strategy", "Ask for a strategy in spite of the policy.", Strategies.Keys);
        var policy = Text("--policy", "Limits to use instead of the built-in ones: a file, or tuned for those of 'fusion tune'.", "FILE");
        var gpu = Text("--gpu", "Product name of the GPUs, for a policy that names some; by default the one that a file names, or with --policy tuned this machine's.", "NAME");
        var limit = WorkspaceLimitOption();
        var json = new Option<bool>("--json") { Description = "Print JSON." };

        var command = new Command("plan", "Say how an all-reduce is done, or why not at all.")
        {
            architecture, worldSize, tokens, hidden, maxTokens, type, quantization, groupSize, epilogue, kernels, topology, ranksOfAMachine, strategy,
            policy, gpu, limit, json,
        };
        command.SetAction(line =>
        {
            var place = Topologies[line.GetValue(topology) ?? "gpus"];
            var follows = line.GetValue(epilogue) is { } words ? Epilogue(words) : (AllReduceEpilogue?)null;
            if (follows is not null && (line.GetValue(quantization) ?? line.GetValue(groupSize)?.ToString()) is not null)
                throw UsageException.OfCommandLine("Give either --epilogue, or --quant with --group-size.");
            var capability = CapabilityOf(line.GetValue(architecture), place);
            var name = line.GetValue(gpu);
            if (line.GetValue(policy) == Tuned && place != GroupTopology.Cpu) name ??= NameHere(capability);
            var limits = Policy(line.GetValue(policy), name);
            name ??= NameIn(limits);
            var report = PlanReport.Of(new PlanRequest
            {
                Capability = capability,
                Gpu = name,
                Topology = place,
                WorldSize = line.GetValue(worldSize) ?? 0,
                RanksOfAMachine = line.GetValue(ranksOfAMachine) ?? 0,
                Tokens = line.GetValue(tokens) ?? 0,
                MaxTokens = line.GetValue(maxTokens) ?? line.GetValue(tokens) ?? 0,
                WorkspaceLimitBytes = WorkspaceLimit(line.GetValue(limit)),
                HiddenSize = line.GetValue(hidden) ?? 0,
                DataType = Types[line.GetValue(type) ?? "bf16"],
                Quantization = Quantizations.GetValueOrDefault(line.GetValue(quantization) ?? EpilogueWords.None),
                GroupSize = line.GetValue(groupSize) ?? 128,
                Epilogue = follows,
                Kernels = Kernels(line.GetValue(kernels)),
                Policy = limits,
                Strategy = line.GetValue(strategy) is { } forced ? Strategies[forced] : null,
            });
            if (line.GetValue(json)) ToolJson.Print(report);
            else report.Print();
            return report.Strategy == AllReduceDispatcher.Name(null) ? ExitCodes.Problem : ExitCodes.Success;
        });
        return command;
    }

    private static ComputeCapability CapabilityOf(string? name, GroupTopology topology)
    {
        if (name is null)
        {
            return topology == GroupTopology.Cpu ? default : throw UsageException.OfCommandLine(
                "Option '--arch' is required: the limits differ from GPU to GPU. For an H100 or H200: --arch sm_90.");
        }

        return Capability(name);
    }

    // Of two kinds of GPUs of an architecture the first one counts, as the first rank does.
    private static string NameHere(ComputeCapability capability) =>
        GpuDevice.GetAll().FirstOrDefault(gpu => gpu.Capability == capability)?.Name ?? throw UsageException.OfCommandLine(
            $"This machine has no GPU of sm_{capability.Number} whose tuned limits could be taken. Name one by --gpu, as 'fusion doctor' shows it.");

    // A file that names GPUs, as 'fusion tune --out' writes it, would else be passed over.
    private static string? NameIn(AllReducePolicy policy)
    {
        string[] named = [.. policy.Rows.Select(row => row.Gpu).OfType<string>().Distinct()];
        return named.Length < 2 ? named.FirstOrDefault() : throw UsageException.OfCommandLine(
            $"The policy has limits for several GPUs. Choose by --gpu: {string.Join(", ", named.Select(name => $"'{name}'"))}.");
    }

    private static AllReducePolicy Policy(string? file, string? gpu)
    {
        try
        {
            return file switch
            {
                null => AllReducePolicy.Default,
                Tuned => TunedPolicies.Read(gpu is null ? [] : [gpu], TunedPolicies.Folder),
                _ => AllReducePolicy.Load(file),
            };
        }
        catch (FusionDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
