// Host time of a launch: the driver's own with everything prepared, and the runtime's ways to it, in one run on one machine.
// usage: Launches [CSV]
// Rounds of all ways alternate. A figure is the median over rounds of the mean of a round's launches, in nanoseconds, and the median
// difference from the driver's own in the same round; streams are waited for between rounds, outside the measured time.
using System.Diagnostics;
using System.Globalization;
using Fusion.Interop.Driver;
using Fusion.Runtime;
using Launches;

const int Rounds = 1000;
const int LaunchesOfARound = 50;

// Until the code is compiled as it stays.
const int RoundsBefore = 2000;
const int Hidden = 4096;
const int Tokens = 1;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["--help"] or ["-h"])
{
    Console.WriteLine("usage: Launches [CSV]");
    return 0;
}

var rows = new List<string> { "gpus,threads,launch,ns,over_driver_ns" };
SingleKernel();
for (var gpus = 2; gpus <= Math.Min(GpuDevice.Count, 8); gpus *= 2)
{
    AllReduces(gpus, threads: 1);
    AllReduces(gpus, threads: gpus);
}

if (args is [var path]) File.WriteAllLines(path, rows);
return 0;

void SingleKernel()
{
    using var context = GpuContext.Open();
    using var stream = new GpuStream(context);
    using var values = new DeviceBuffer<float>(context, [1f]);
    using var library = KernelLibrary.Load(typeof(Exports).Assembly, context);
    var kernel = library.GetKernel("touch");
    var shape = new LaunchShape(1, 1);
    Kernels.Touch.Launch(stream, shape, values, 1, 1f);
    var recorded = Record([8, 4, 4], () => Kernels.Touch.Launch(stream, shape, values, 1, 1f))[0];
    Report(1, 1, ["driver", "Kernel.Launch", "Kernels.Touch.Launch"], Measure(
        [
            () => recorded.Launch(),
            () => kernel.Launch(stream, shape, values, 1, 1f),
            () => Kernels.Touch.Launch(stream, shape, values, 1, 1f),
        ],
        stream.Synchronize));
}

void AllReduces(int gpus, int threads)
{
    using var group = RankGroup.OnGpus([.. Enumerable.Range(0, gpus)]);
    using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 8, DataType = ElementType.BFloat16 });
    var buffers = group.Ranks.Select(rank => Enumerable.Range(0, 4).Select(_ => rank.Allocate<BFloat16>(8 * Hidden)).ToArray()).ToArray();
    foreach (var buffer in buffers.SelectMany(all => all)) buffer.FillBytes(0x3C);
    var calls = buffers.Select(own => new AllReduceCall
    {
        Input = own[0].AsTensor(Tokens, Hidden),
        Residual = own[1].AsTensor(Tokens, Hidden),
        Norm = new() { Kind = NormKind.Rms, Gamma = own[2].AsTensor(1, Hidden), Epsilon = 1e-5f },
        ResidualOut = own[1].AsTensor(Tokens, Hidden),
        NormOut = own[3].AsTensor(Tokens, Hidden),
    }).ToArray();
    var prepared = calls.Select((call, rank) => operation.Prepare(rank, call)).ToArray();
    var recorded = new RecordedLaunch[gpus];
    for (var rank = 0; rank < gpus; rank++)
    {
        var own = rank;
        recorded[rank] = Record([SizeOfParameters()], () => prepared[own].Launch())[0];
    }

    Synchronize();
    var contexts = group.Ranks.Select(rank => rank.Context!).ToArray();
    Action<int>[] ways =
    [
        rank =>
        {
            contexts[rank].MakeCurrent();
            recorded[rank].Launch();
        },
        rank => prepared[rank].Launch(),
        rank =>
        {
            prepared[rank].SetInput(calls[rank].Input);
            prepared[rank].Launch();
        },
        rank => operation.Launch(rank, null, calls[rank]),
    ];
    string[] names = ["driver", "PreparedAllReduce.Launch", "PreparedAllReduce.SetInput + Launch", "AllReduce.Launch"];
    Report(gpus, threads, names, threads == 1 ? OneThread() : AThreadARank());
    foreach (var buffer in buffers.SelectMany(all => all)) buffer.Dispose();

    double[][] OneThread()
    {
        var all = Measure([.. ways.Select(way => (Action)(() => { for (var rank = 0; rank < gpus; rank++) way(rank); }))], Synchronize);
        return [.. all.Select(rounds => rounds.Select(time => time / gpus).ToArray())];
    }

    double[][] AThreadARank()
    {
        var ofRank = new double[gpus][][];
        using var together = new Barrier(gpus);
        Task.WaitAll([.. Enumerable.Range(0, gpus).Select(rank => Task.Factory.StartNew(
            () => ofRank[rank] = Measure([.. ways.Select(way => (Action)(() => way(rank)))], () =>
            {
                operation.Synchronize(rank);
                together.SignalAndWait();
            }), TaskCreationOptions.LongRunning))]);
        return [.. names.Select((_, way) => Enumerable.Range(0, Rounds).Select(round => ofRank.Average(one => one[way][round])).ToArray())];
    }

    void Synchronize()
    {
        for (var rank = 0; rank < gpus; rank++) operation.Synchronize(rank);
    }
}

// The mean of each round's launches, for each way.
double[][] Measure(Action[] ways, Action synchronize)
{
    var means = ways.Select(_ => new double[Rounds]).ToArray();
    for (var round = -RoundsBefore; round < Rounds; round++)
    {
        for (var way = 0; way < ways.Length; way++)
        {
            var launch = ways[way];
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < LaunchesOfARound; i++) launch();
            var time = Stopwatch.GetElapsedTime(start);
            synchronize();
            if (round >= 0) means[way][round] = time.TotalNanoseconds / LaunchesOfARound;
        }
    }

    return means;
}

void Report(int gpus, int threads, string[] names, double[][] times)
{
    for (var way = 0; way < names.Length; way++)
    {
        var time = Median(times[way]);
        var over = Median([.. times[way].Zip(times[0], (own, driver) => own - driver)]);
        Console.WriteLine($"{gpus} GPU, {threads} thread(s)  {names[way],-40} {time,8:0} ns{(way > 0 ? $"  driver + {over:0}" : "")}");
        rows.Add($"{gpus},{threads},{names[way]},{time:0},{(way > 0 ? $"{over:0}" : "")}");
    }

    static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}

unsafe RecordedLaunch[] Record(int[] sizes, Action launch)
{
    RecordedLaunch.Sizes = sizes;
    RecordedLaunch.All.Clear();
    GpuDriver.Use(new Exports((nint)(delegate* unmanaged<LaunchConfig*, nint, void**, void**, CudaResult>)&RecordedLaunch.Record));
    launch();
    GpuDriver.Use(new Exports(0));
    return [.. RecordedLaunch.All];
}

static unsafe int SizeOfParameters() => sizeof(AllReduceParameters);
