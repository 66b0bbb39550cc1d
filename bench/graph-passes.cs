#:project ../src/Fusion.Graph/Fusion.Graph.csproj
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// Time of the fusion passes on a graph of 64 layers (each: 2 all-reduces, adds, norms and views, 4 quantizations, 6
// custom ops), and with --gpu the host's time to start a run of it that is recorded, against the bare launch of the same CUDA
// graph.
// usage: dotnet run -c Release bench/graph-passes.cs [-- --gpu]
using System.Diagnostics;
using System.Globalization;
using Fusion.Graph;
using Fusion.Runtime;

const int Layers = 64;
const int Rounds = 300;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

var graph = Build(nothing: null);
for (var i = 0; i < 50; i++) graph.Fuse();
var report = graph.Fuse();
var times = Times(Rounds, () => graph.Fuse());
Console.WriteLine($"{Layers} layers, {graph.Ops.Length} ops to {report.After.Ops.Length}, " +
    $"{report.After.FusedAllReduces} all-reduces fused");
Console.WriteLine($"all passes, milliseconds: median {times[Rounds / 2] / 1e6:0.00}, " +
    $"fastest {times[0] / 1e6:0.00}, slowest {times[^1] / 1e6:0.00}");
foreach (var name in FusionPasses.Names)
{
    var input = report.Passes.TakeWhile(pass => pass.Pass != name).LastOrDefault()?.Graph ?? graph;
    Console.WriteLine($"  {name,-20} {Times(Rounds, () => input.RunPass(name))[Rounds / 2] / 1e6:0.00}");
}

Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, " +
    System.Runtime.InteropServices.RuntimeInformation.OSDescription);
if (args.Contains("--gpu")) MeasureLaunches();

void MeasureLaunches()
{
    const int Tokens = 1;
    using var group = RankGroup.Loopback(2);
    // The custom ops launch nothing: what is measured is the host.
    var model = Build(nothing: _ => { });
    using var recorded = model.Compile(group, new() { MaxTokens = 16, Buckets = [Tokens] });
    using var eager = model.Compile(group, new() { MaxTokens = 16, Buckets = [] });
    foreach (var compiled in new[] { recorded, eager })
    {
        foreach (var weight in model.Weights)
        {
            for (var rank = 0; rank < 2; rank++) compiled.SetWeight<byte>(rank, weight.Name, new byte[weight.Type.Bytes(0)]);
        }
    }

    var context = group.Ranks[0].Context!;
    var (first, second) = (group.Ranks[0].Stream!, group.Ranks[1].Stream!);
    using var fork = new GpuEvent(context);
    using var join = new GpuEvent(context);
    using var bare = GpuGraph.Capture(first, () =>
    {
        fork.Record(first);
        second.WaitFor(fork);
        eager.Run(Tokens);
        join.Record(second);
        first.WaitFor(join);
    });
    var ours = new double[Rounds];
    var theirs = new double[Rounds];
    for (var round = -20; round < Rounds; round++)
    {
        // Each begins with an idle GPU, so that no launch waits for room in a queue.
        context.Synchronize();
        var bareTime = Time(() => bare.Launch(first));
        context.Synchronize();
        var runTime = Time(() => recorded.Run(Tokens));
        if (round >= 0) (theirs[round], ours[round]) = (bareTime, runTime);
    }

    recorded.Synchronize();
    Array.Sort(ours);
    Array.Sort(theirs);
    var added = (ours[Rounds / 2] - theirs[Rounds / 2]) / 1e3;
    Console.WriteLine($"{context.Device}: host time of a recorded run {ours[Rounds / 2] / 1e3:0.0} us, of the bare launch " +
        $"{theirs[Rounds / 2] / 1e3:0.0} us: {added:0.0} us more, {added / Layers:0.000} us a layer");
}

static double[] Times(int rounds, Action work)
{
    var times = new double[rounds];
    for (var i = 0; i < rounds; i++) times[i] = Time(work);
    Array.Sort(times);
    return times;
}

static double Time(Action work)
{
    var start = Stopwatch.GetTimestamp();
    work();
    return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
}

static TensorGraph Build(Action<CustomLaunch>? nothing)
{
    const int Hidden = 4096;
    var same = new CustomOp("op", types => [new(types[0].Rows, Hidden, ElementType.BFloat16)], nothing);
    var b = new GraphBuilder("64 layers");
    var x = b.Input("x", Hidden);
    var residual = b.Input("residual", Hidden);
    for (var layer = 0; layer < Layers; layer++)
    {
        using var scope = b.Scope($"layers.{layer}");
        foreach (var block in new[] { "mlp", "attention" })
        {
            residual = x.AllReduce($"{block}_sum")
                .View(RowCount.Tokens, Hidden, $"{block}_view").Add(residual, $"{block}_add");
            var norm = residual.RmsNorm(b.Weight($"{block}_gamma", Hidden), 1e-5f, name: $"{block}_norm");
            var first = norm.StaticFp8(b.Scalar($"{block}_scale"), $"{block}_quant").Call($"{block}_first", same);
            x = first.Call($"{block}_act", same)
                .StaticFp8(b.Scalar($"{block}_scale2"), $"{block}_quant2").Call($"{block}_second", same);
        }
    }

    return b.Output("x", x).Output("residual", residual).Build();
}
