// Host time of a launch: the driver's own with everything prepared, and the runtime's ways to it, in one run on one machine.
// usage: Launches [CSV]
// Each figure is the median over rounds of the mean of a round's launches, in nanoseconds; the stream is waited for between
// rounds, outside the measured time.
using System.Diagnostics;
using System.Globalization;
using Fusion.Interop.Driver;
using Fusion.Runtime;
using Launches;

const int Rounds = 200;
const int LaunchesOfARound = 50;

// Until the code is compiled as it stays.
const int RoundsBefore = 3000;
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
    Measure(() => recorded.Launch(), stream.Synchronize);
    var driver = Report(1, 1, "driver", Measure(() => recorded.Launch(), stream.Synchronize), null);
    Report(1, 1, "Kernel.Launch", Measure(() => kernel.Launch(stream, shape, values, 1, 1f), stream.Synchronize), driver);
    Report(1, 1, "Kernels.Touch.Launch", Measure(() => Kernels.Touch.Launch(stream, shape, values, 1, 1f), stream.Synchronize), driver);
}

void AllReduces(int gpus, int threads)
{
    using var group = RankGroup.OnGpus([.. Enumerable.Range(0, gpus)]);
    using var operation = new AllReduce(group, new() { HiddenSize = Hidden, MaxTokens = 8, DataType = ElementType.BFloat16 });
    var buffers = group.Ranks.Select(rank => Enumerable.Range(0, 4).Select(_ => rank.Allocate<BFloat16>(8 * Hidden)).ToArray()).ToArray();
    foreach (var buffer in buffers.SelectMany(all => all)) buffer.Fill(0x3C);
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
    var driver = Run("driver", null, rank =>
    {
        contexts[rank].MakeCurrent();
        recorded[rank].Launch();
    });
    Run("PreparedAllReduce.Launch", driver, rank => prepared[rank].Launch());
    Run("PreparedAllReduce.SetInput + Launch", driver, rank =>
    {
        prepared[rank].SetInput(calls[rank].Input);
        prepared[rank].Launch();
    });
    Run("AllReduce.Launch", driver, rank => operation.Launch(rank, null, calls[rank]));
    foreach (var buffer in buffers.SelectMany(all => all)) buffer.Dispose();

    double Run(string name, double? over, Action<int> launch) => Report(gpus, threads, name, threads == 1
        ? Measure(() => { for (var rank = 0; rank < gpus; rank++) launch(rank); }, Synchronize) / gpus
        : MeasureThreads(gpus, launch, rank => operation.Synchronize(rank)), over);

    void Synchronize()
    {
        for (var rank = 0; rank < gpus; rank++) operation.Synchronize(rank);
    }
}

double Measure(Action launch, Action synchronize)
{
    var means = new double[Rounds];
    for (var round = -RoundsBefore; round < Rounds; round++)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < LaunchesOfARound; i++) launch();
        var time = Stopwatch.GetElapsedTime(start);
        synchronize();
        if (round >= 0) means[round] = time.TotalNanoseconds / LaunchesOfARound;
    }

    Array.Sort(means);
    return means[Rounds / 2];
}

double MeasureThreads(int gpus, Action<int> launch, Action<int> synchronize)
{
    var medians = new double[gpus];
    using var together = new Barrier(gpus);
    var all = Enumerable.Range(0, gpus).Select(rank => Task.Factory.StartNew(
        () => medians[rank] = Measure(() => launch(rank), () =>
        {
            synchronize(rank);
            together.SignalAndWait();
        }), TaskCreationOptions.LongRunning)).ToArray();
    Task.WaitAll(all);
    return medians.Average();
}

double Report(int gpus, int threads, string name, double time, double? driver)
{
    Console.WriteLine($"{gpus} GPU, {threads} thread(s)  {name,-40} {time,8:0} ns{(driver is { } base1 ? $"  driver + {time - base1:0}" : "")}");
    rows.Add($"{gpus},{threads},{name},{time:0},{(driver is { } base2 ? $"{time - base2:0}" : "")}");
    return time;
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
