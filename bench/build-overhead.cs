#:package CliWrap
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// What the SDK adds to a build: nothing to do, against the same project under Microsoft.NET.Sdk, and under an SDK of a package that is
// empty, since NuGet finds such an SDK in each build; and 20 kernels x 3 architectures on all cores, against one at a time. Ratios within one
// run: machines differ, and are shared.
// usage: dotnet run bench/build-overhead.cs -- FOLDER-OF-PACKAGES
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using CliWrap;
using CliWrap.Buffered;

const int Rounds = 25;
const int Kernels = 20;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var repository = Path.GetDirectoryName((string)AppContext.GetData("EntryPointFileDirectoryPath")!)!;
var packages = Path.GetFullPath(args[0]);
var version = Directory.GetFiles(packages, "Fusion.Sdk.*.nupkg").Select(Path.GetFileNameWithoutExtension).Single()!["Fusion.Sdk.".Length..];
var work = Directory.CreateTempSubdirectory("fusion-bench-").FullName;

WriteEmptySdk();
var plain = Project("plain", "Microsoft.NET.Sdk");
var empty = Project("empty", "Empty.Sdk/0.1.0");
var fused = Project("fused", $"Fusion.Sdk/{version}");
foreach (var project in new[] { plain, empty, fused }) await Build(project);

// All of a round see the same machine.
var rounds = new List<(double Plain, double Empty, double Fused)>();
for (var round = 0; round < Rounds; round++)
    rounds.Add((await Build(plain, "--no-restore"), await Build(empty, "--no-restore"), await Build(fused, "--no-restore")));

var all = new List<double>();
for (var round = 0; round < 5; round++) all.Add(await Rebuild(1) / await Rebuild(0));
var speedup = Median(all);

var report = $"""
    # What the SDK adds to a build

    {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores of {Processor()}, {System.Runtime.InteropServices.RuntimeInformation.OSDescription},
    .NET SDK {(await Cli.Wrap("dotnet").WithArguments("--version").ExecuteBufferedAsync()).StandardOutput.Trim()}, Fusion.Sdk {version}.
    Command: `dotnet run build.cs bench`. A class library with {Kernels} kernels for sm_80, sm_90a and compute_80
    ({Kernels * 3} images).

    | what | figure |
    |---|---|
    | `dotnet build --no-restore` with nothing to do, against the same project under Microsoft.NET.Sdk (median of {Rounds}) | {Compare(r => r.Fused, r => r.Plain)}; {Median(rounds.Select(r => r.Plain)) * 1000:0} ms without the SDK |
    | the same, against an SDK that is empty and comes as a package too | {Compare(r => r.Fused, r => r.Empty)} |
    | that empty SDK, against Microsoft.NET.Sdk | {Compare(r => r.Empty, r => r.Plain)} |
    | all kernels anew, one at a time against one a core (median of {all.Count}) | {speedup:N2}× faster |

    """;
var results = Directory.CreateDirectory(Path.Combine(repository, "bench", "results"));
await File.WriteAllTextAsync(Path.Combine(results.FullName, "build-overhead.md"), report);
Console.WriteLine(report);
Directory.Delete(work, recursive: true);

string Compare(Func<(double Plain, double Empty, double Fused), double> one, Func<(double Plain, double Empty, double Fused), double> other) =>
    $"{Median(rounds.Select(r => one(r) / other(r))):N2}× ({Median(rounds.Select(r => one(r) - other(r))) * 1000:+0;-0} ms)";

void WriteEmptySdk()
{
    using var package = ZipFile.Open(Path.Combine(Directory.CreateDirectory(Path.Combine(work, "packages")).FullName, "Empty.Sdk.0.1.0.nupkg"), ZipArchiveMode.Create);
    Write("Sdk/Sdk.props", """<Project><Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" /></Project>""");
    Write("Sdk/Sdk.targets", """<Project><Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" /></Project>""");
    Write("Empty.Sdk.nuspec", """
        <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>Empty.Sdk</id><version>0.1.0</version><authors>bench</authors>
        <description>Nothing.</description><packageTypes><packageType name="MSBuildSdk" /></packageTypes></metadata></package>
        """);

    void Write(string name, string text)
    {
        using var writer = new StreamWriter(package.CreateEntry(name).Open());
        writer.Write(text);
    }
}

string Project(string name, string sdk)
{
    var folder = Directory.CreateDirectory(Path.Combine(work, name)).FullName;
    File.WriteAllText(Path.Combine(folder, "nuget.config"),
        $"""<configuration><packageSources><add key="bench" value="{packages}" /><add key="empty" value="{work}/packages" /></packageSources></configuration>""");
    File.WriteAllText(Path.Combine(folder, $"{name}.csproj"), $"""
        <Project Sdk="{sdk}">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <FusionArchitectures>sm_80;sm_90a;compute_80</FusionArchitectures>
          </PropertyGroup>
        </Project>
        """);
    File.WriteAllText(Path.Combine(folder, "Class.cs"), "namespace Bench; public static class Empty;");
    for (var k = 0; k < Kernels; k++)
    {
        // Enough work for the compiler that its start does not hide it.
        File.WriteAllText(Path.Combine(folder, $"kernel{k:00}.cu"), $$"""
            #include <fusion/norm/rms_norm.cuh>
            template <int N> __device__ float chain(float x) { if constexpr (N == 0) return x; else return sinf(chain<N - 1>(x)) + cosf(x + N); }
            extern "C" __global__ void kernel{{k:00}}(const float* in, float* out) { out[threadIdx.x] = chain<12>(in[threadIdx.x] + {{k}}.0f); }
            """);
    }

    return folder;
}

async Task<double> Rebuild(int parallelism)
{
    Directory.Delete(Path.Combine(fused, "obj", "Debug", "net10.0", "fusion"), recursive: true);
    return await Build(fused, "--no-restore", $"-p:FusionMaxParallelism={parallelism}");
}

static async Task<double> Build(string folder, params string[] arguments)
{
    var watch = Stopwatch.StartNew();
    await Cli.Wrap("dotnet").WithArguments(["build", "-nologo", .. arguments]).WithWorkingDirectory(folder).ExecuteBufferedAsync();
    return watch.Elapsed.TotalSeconds;
}

static string Processor() => File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim();

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
