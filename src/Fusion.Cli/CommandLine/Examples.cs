using System.CommandLine;

namespace Fusion.Cli.CommandLine;

/// <summary>The examples in the help of each command.</summary>
internal static class Examples
{
    private static readonly string[] Plan =
    [
        "fusion plan --arch sm_90 --world-size 8 --tokens 128 --hidden 8192 --quant nvfp4",
        "how an all-reduce of this size is done, and why",
        "fusion plan --arch sm_90 --world-size 8 --tokens 128 --hidden 4096 --epilogue residual+rmsnorm+fp8 --kernels MyApp.dll",
        "which kernels for one model the call gets, and why not the others",
        "fusion plan --topology cpu --world-size 4 --tokens 16 --hidden 4096",
        "the same for ranks on the CPU",
    ];

    private static readonly string[] Graph =
    [
        "fusion graph layer.json --after --svg layer.svg",
        "which all-reduces of a graph are fused, how they run, and a picture",
        "fusion graph layer.json --config passes.json --before --after --format mermaid",
        "the graph before and after the passes that a configuration switches on",
    ];

    private static readonly string[] Inspect =
    [
        "fusion inspect bin/Release/net10.0/MyApp.dll",
        "the GPU kernels in an assembly: registers, memory, code",
        "fusion inspect --diff before/MyApp.dll after/MyApp.dll",
        "what differs between the kernels of two builds",
    ];

    private static readonly string[] Doctor =
    [
        "fusion doctor",
        "driver, GPUs, NVRTC: what is there, what is wrong, what to do",
        "fusion doctor --json",
        "the same for a program",
    ];

    private static readonly string[] Bench =
    [
        "fusion bench allreduce --gpus 0,1 --hidden 4096 --tokens 1,16,256",
        "what calls between two GPUs take, in microseconds",
        "fusion bench allreduce --ranks 4 --hidden 4096 --tokens 1 --epilogue residual+rmsnorm+fp8 --csv rows.csv",
        "four ranks on one GPU, with rows for 'fusion tune'",
        "fusion bench allreduce --from rows.csv --arch sm_90 --peers peers.csv --plot rows.svg",
        "a picture of rows that were kept, beside those of other projects",
    ];

    private static readonly string[] Tune =
    [
        "fusion tune",
        "measure this machine's GPUs, for AllReducePolicy.Tuned",
        "fusion tune one-shot.csv two-shot.csv nccl.csv --arch sm_90 --out policy.json",
        "the limits between strategies by rows of 'fusion bench allreduce --csv', as a policy",
    ];

    private static readonly string[] Cache =
    [
        "fusion cache info",
        "where the compile cache is, how large, and whether builds trust it",
        "fusion cache clear --path /srv/fusion-cache",
        "delete all of the cache of projects that set FusionCachePath",
    ];

    private static readonly string[] Run =
    [
        "fusion run --ranks 4 -- dotnet MyApp.dll --model llama",
        "a program in four processes, each of which is a rank with a GPU of its own",
        "fusion run --ranks 2 --device cpu -- ./my-app",
        "two ranks on the CPU",
        "fusion run --ranks 2 -- fusion bench allreduce --hidden 4096 --tokens 1,16,256",
        "all-reduces between two GPUs, each with a process of its own",
    ];

    /// <summary>Lines with the examples of a command: a command line each, and what it shows.</summary>
    /// <param name="command">The command; of the tool itself, one example of each.</param>
    public static string Of(Command command)
    {
        string[] pairs = command.Name switch
        {
            "plan" => Plan,
            "graph" => Graph,
            "inspect" => Inspect,
            "doctor" => Doctor,
            "bench" or "allreduce" => Bench,
            "tune" => Tune,
            "cache" or "info" or "clear" => Cache,
            "run" => Run,
            _ => [.. new[] { Plan, Graph, Inspect, Doctor, Bench, Tune, Cache, Run }.SelectMany(own => own.Take(2))],
        };
        return string.Join(Environment.NewLine, pairs.Select((line, i) => i % 2 == 0 ? $"  {line}" : $"      {line}").Prepend("Examples:"));
    }
}
