#:package CliWrap
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// Everyday builds of a project with 50 kernels for 3 architectures: nothing to do, one kernel changed, all anew, a second clone.
// Each figure is a ratio or a difference within one run, and its two sides alternate: machines differ, and are shared.
// usage: dotnet run bench/incremental.cs -- FOLDER-OF-PACKAGES
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;

const int Kernels = 50;
const int Images = Kernels * 3;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var repository = Path.GetDirectoryName((string)AppContext.GetData("EntryPointFileDirectoryPath")!)!;
var packages = Path.GetFullPath(args[0]);
var version = Directory.GetFiles(packages, "Fusion.Sdk.*.nupkg").Select(Path.GetFileNameWithoutExtension).Single()!["Fusion.Sdk.".Length..];
var work = Directory.CreateTempSubdirectory("fusion-bench-").FullName;
// Packages of its own, since NuGet never looks again at a version that it has; a compile cache of its own.
Environment.SetEnvironmentVariable("NUGET_PACKAGES", Path.Combine(work, "packages"));
Environment.SetEnvironmentVariable("XDG_CACHE_HOME", Path.Combine(work, "caches"));
ZipFile.ExtractToDirectory(Path.Combine(packages, $"Fusion.Sdk.{version}.nupkg"), Path.Combine(work, "sdk"));
var compiler = Path.Combine(work, "sdk", "tools", "fusionc", "fusionc.dll");
var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
var rows = new List<(string Figure, string Unit, double[] Values, string Aim)>();

var plain = Project("plain", "Microsoft.NET.Sdk");
var fused = Project("fused", $"Fusion.Sdk/{version}");
await Build(plain);
await Build(fused);

var nothing = await Rounds(11, async _ => (Plain: await Build(plain, "--no-restore"), Fused: await Build(fused, "--no-restore")));
Add("build with nothing to do, without the SDK", "ms", nothing.Select(n => n.Plain * 1000), "");
Add("time that the SDK adds to it", "ms", nothing.Select(n => (n.Fused - n.Plain) * 1000), "under 60");
Add("time that the SDK adds to it, of the whole", "%", nothing.Select(n => (n.Fused / n.Plain - 1) * 100), "under 5");

// fusionc as the build starts it, against fusionc with that kernel alone; both are processes of their own.
var request = Path.Combine(fused, "obj", "Debug", "net10.0", "fusion.state.request");
var text = File.ReadAllText(request).Replace("Cache\ttrue", "Cache\tfalse");
var everything = Request("everything", text);
var pack = text.Split('\n').Single(l => l.StartsWith("NvrtcPackPath\t", StringComparison.Ordinal)).Split('\t')[1];
var touched = await Rounds(9, async round =>
{
    WriteKernel(fused, 7, 1000 + round);
    var alone = await FusionC(Path.Combine(fused, KernelFile(7)), "--arch", "sm_80", "--arch", "sm_89", "--arch", "sm_90a",
        "-I", Path.Combine(work, "sdk", "Sdk", "kernels", "cu"), "--nvrtc", pack, "-o", Path.Combine(work, "alone"));
    return (Alone: alone, Among: await FusionC("--request", everything));
});
Add("one kernel of 50 changed: fusionc", "ms", touched.Select(t => t.Among * 1000), "");
Add("the same kernel alone: fusionc", "ms", touched.Select(t => t.Alone * 1000), "");
Add("one of 50 against alone", "x", touched.Select(t => t.Among / t.Alone), "under 1.5");

var one = Request("one at a time", text.Replace("MaxParallelism\t0", "MaxParallelism\t1"));
var images = Path.Combine(fused, "obj", "Debug", "net10.0", "fusion");
var clean = await Rounds(2, async _ => (Single: await Anew(one), All: await Anew(everything)));
Add($"{Images} images anew, one at a time", "s", clean.Select(c => c.Single), "");
Add($"{Images} images anew, one a core", "s", clean.Select(c => c.All), "");
Add("of the ideal on all cores", "", clean.Select(c => c.Single / c.All / Environment.ProcessorCount), "at least 0.9");

var clones = await Rounds(2, async round =>
{
    var clone = Project($"clone{round}", $"Fusion.Sdk/{version}");
    await Cli.Wrap("dotnet").WithArguments(["restore"]).WithWorkingDirectory(clone).ExecuteBufferedAsync();
    var warm = await Build(clone, "--no-restore");
    Directory.Delete(Path.Combine(clone, "obj", "Debug"), recursive: true);
    Directory.Delete(Path.Combine(clone, "bin"), recursive: true);
    return (Warm: warm, Cold: await Build(clone, "--no-restore", "-p:FusionCache=false"));
});
Add("first build of a second clone, warm cache", "s", clones.Select(c => c.Warm), "");
Add("the same without the cache", "s", clones.Select(c => c.Cold), "");

var report = $"""
    # Everyday builds

    {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores of {Processor()}, {System.Runtime.InteropServices.RuntimeInformation.OSDescription},
    .NET SDK {(await Cli.Wrap("dotnet").WithArguments("--version").ExecuteBufferedAsync()).StandardOutput.Trim()}, Fusion.Sdk {version}, load {load} before.
    Command: `dotnet run build.cs bench-incremental`. A class library with {Kernels} kernels for sm_80, sm_89 and sm_90a
    ({Images} images); medians, with the least and the most.

    | what | median | least to most | aim |
    |---|---|---|---|
    {string.Join('\n', rows.Select(r => $"| {r.Figure} | {Show(Median(r.Values))} {r.Unit} | {Show(r.Values.Min())} to {Show(r.Values.Max())} | {r.Aim} |"))}

    """;
var results = Directory.CreateDirectory(Path.Combine(repository, "bench", "results")).FullName;
File.WriteAllText(Path.Combine(results, "incremental.md"), report);
File.WriteAllLines(Path.Combine(results, "incremental.csv"), rows.Select(r =>
    $"{r.Figure.Replace(',', ';')},{r.Unit},{string.Join(',', r.Values.Select(v => v.ToString("0.###", CultureInfo.InvariantCulture)))}").Prepend("figure,unit,values"));
Console.WriteLine(report);
Directory.Delete(work, recursive: true);

void Add(string figure, string unit, IEnumerable<double> values, string aim) => rows.Add((figure, unit, [.. values], aim));

async Task<double> Anew(string requestFile)
{
    Directory.Delete(images, recursive: true);
    return await FusionC("--request", requestFile);
}

async Task<double> FusionC(params string[] arguments) => await Timed("dotnet", ["exec", compiler, .. arguments], fused);

string Request(string name, string content)
{
    var path = Path.Combine(work, $"{name}.request");
    File.WriteAllText(path, content);
    return path;
}

string Project(string name, string sdk)
{
    var folder = Directory.CreateDirectory(Path.Combine(work, name)).FullName;
    File.WriteAllText(Path.Combine(folder, "nuget.config"),
        $"""<configuration><packageSources><add key="bench" value="{packages}" /></packageSources></configuration>""");
    File.WriteAllText(Path.Combine(folder, "Bench.csproj"), $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <FusionArchitectures>sm_80;sm_89;sm_90a</FusionArchitectures>
          </PropertyGroup>
        </Project>
        """);
    File.WriteAllText(Path.Combine(folder, "Class.cs"), "namespace Bench; public static class Empty;");
    for (var k = 0; k < Kernels; k++) WriteKernel(folder, k, k);
    return folder;
}

// Enough work for the compiler that its start does not hide it.
static void WriteKernel(string folder, int kernel, int value) => File.WriteAllText(Path.Combine(folder, KernelFile(kernel)), $$"""
    #include <fusion/norm/rms_norm.cuh>
    template <int N> __device__ float chain(float x) { if constexpr (N == 0) return x; else return sinf(chain<N - 1>(x)) + cosf(x + N); }
    extern "C" __global__ void kernel{{kernel:00}}(const float* in, float* out) { out[threadIdx.x] = chain<5>(in[threadIdx.x] + {{value}}.0f); }
    """);

static string KernelFile(int kernel) => $"kernel{kernel:00}.cu";

static async Task<List<T>> Rounds<T>(int count, Func<int, Task<T>> round)
{
    var all = new List<T>();
    for (var i = 0; i < count; i++) all.Add(await round(i));
    return all;
}

static Task<double> Build(string folder, params string[] arguments) => Timed("dotnet", ["build", "-nologo", .. arguments], folder);

static async Task<double> Timed(string program, string[] arguments, string folder)
{
    var watch = Stopwatch.StartNew();
    await Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory(folder).ExecuteBufferedAsync();
    return watch.Elapsed.TotalSeconds;
}

static string Show(double value) => Math.Abs(value) >= 100 ? $"{value:0}" : Math.Abs(value) >= 10 ? $"{value:0.0}" : $"{value:0.00}";

static string Processor() => File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim();

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
