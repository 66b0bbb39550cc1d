#!/usr/bin/env dotnet
#:package CliWrap
#:package System.CommandLine
#:include build/OptionsPage.cs
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591

// Every chore of the repository as a verb: dotnet run build.cs lists them.
using System.CommandLine;
using CliWrap;
using Fusion.Build.Chores;
using Command = System.CommandLine.Command;

var root = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var artifacts = Path.Combine(root, "artifacts");
var packages = Path.Combine(artifacts, "packages");
Directory.SetCurrentDirectory(root);

var commands = new RootCommand("The chores of Fusion.Sdk.")
{
    Verb("demo", "Pack everything, create a project from the template outside the repository, build it, run it.", Demo),
    Verb("pack", "Write every package to artifacts/packages.", Pack),
    Verb("test", "Build and run the everyday tests, as dotnet test does.", () => Run("dotnet", ["test"])),
    Verb("test-all", "Build and run all tests: those of dotnet test, then what is slow and rarely breaks alone.", TestAll),
    Verb("api", "Accept the public API of the libraries as it is: writes their PublicAPI.Shipped.txt anew.", AcceptApi),
    Verb("docs", "Write the options of sdk/Fusion.Defaults.props into docs/options.md.", WriteOptions),
    Verb("format", "Format C# and kernels in place.", Format),
    Verb("gpu-bundle", "Publish tests, demos, fusionc and fusion for a GPU machine without .NET to artifacts/gpu-bundle.", GpuBundle),
    Verb("bench", "Measure what the SDK adds to a build and record it in bench/results.", () =>
        Run("dotnet", ["run", "bench/build-overhead.cs", "--", packages])),
    Verb("bench-incremental", "Measure everyday builds of 50 kernels: nothing to do, one changed, all anew, a second clone. Needs pack.", () =>
        Run("dotnet", ["run", "bench/incremental.cs", "--", packages])),
    Verb("bench-graph", "Measure the fusion passes on a graph of 64 layers.", () =>
        Run("dotnet", ["run", "-c", "Release", "bench/graph-passes.cs"])),
};
return await commands.Parse(args.Length == 0 ? ["--help"] : args).InvokeAsync();

async Task Pack()
{
    Title("Packing to artifacts/packages");
    if (Directory.Exists(packages)) Directory.Delete(packages, recursive: true);
    var withNvrtc = await Fetch("Fusion.Nvrtc.linux-x64", Path.Combine("nvrtc", "default"), "sdk/nvrtc/fetch-nvrtc.sh", "default");
    var withArm64 = await Fetch("Fusion.Nvrtc.linux-arm64", Path.Combine("nvrtc", "arm64"), "sdk/nvrtc/fetch-nvrtc.sh", "arm64");
    var withCccl = await Fetch("Fusion.Cccl", "cccl", "sdk/cccl/fetch-cccl.sh");
    await Run("dotnet", ["build", "sdk/Packages.proj", "-restore", "-t:Pack", "-c", "Release", "-nologo", "-clp:ErrorsOnly;NoSummary", "-warnaserror",
        $"-p:WithoutNvrtc={!withNvrtc}", $"-p:WithNvrtcOfArm64={withArm64}", $"-p:WithoutCccl={!withCccl}",
        $"-p:FusionPackages={packages}"]);
    ForgetCachedPackages();
    foreach (var package in Directory.GetFiles(packages, "*.nupkg").Order())
    {
        Console.WriteLine($"  {Path.GetFileName(package)}  {new FileInfo(package).Length / 1024.0:N0} KB");
    }
}

// These are made of the distribution's own packages. Where those cannot be had, what the machine has does: an NVRTC, a toolkit's headers.
async Task<bool> Fetch(string package, string place, string script, params string[] arguments)
{
    var folder = Path.Combine(artifacts, place);
    if (File.Exists(Path.Combine(folder, "fetched"))) return true;
    var fetched = await TryRun("bash", [script, .. arguments, folder]) == 0;
    if (!fetched) Console.WriteLine($"Packing goes on without {package}.");
    return fetched;
}

// NuGet never looks again at a version that it has: without this, a second pack would change nothing for its users.
void ForgetCachedPackages()
{
    var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
    foreach (var package in Directory.GetFiles(packages, "*.nupkg"))
    {
        var name = Path.GetFileNameWithoutExtension(package).ToLowerInvariant();
        var version = name.Length - Version().Length;
        var cached = Path.Combine(cache, name[..(version - 1)], name[version..]);
        if (Directory.Exists(cached)) Directory.Delete(cached, recursive: true);
    }
}

async Task TestAll()
{
    var everyday = await TryRun("dotnet", ["test"]);
    Title("The tests that dotnet test leaves out");
    var nightly = await TryRun("dotnet", ["test", "--no-build", "-p:FusionTests=nightly"]);
    if (everyday != 0 || nightly != 0) throw new ChoreFailedException("There are failed tests above.");
}

async Task AcceptApi()
{
    const string Nothing = "#nullable enable\n";
    var files = Directory.GetFiles("src", "PublicAPI.Shipped.txt", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();

    // Code that does not compile shows half of its API. Without analyzers, which would say what is about to be accepted.
    foreach (var file in files)
        await Run("dotnet", ["build", Path.GetDirectoryName(file)!, "-p:RunAnalyzers=false", "-nologo", "-clp:ErrorsOnly;NoSummary"]);
    foreach (var file in files)
    {
        // From nothing: what is gone goes, and what a merge left is of no matter.
        Title(file);
        var found = Path.Combine(Path.GetDirectoryName(file)!, "PublicAPI.Unshipped.txt");
        foreach (var empty in new[] { file, found }) await File.WriteAllTextAsync(empty, Nothing);
        await Run("dotnet", ["format", "analyzers", Path.GetDirectoryName(file)!, "--no-restore", "--diagnostics", "RS0016", "--severity", "warn"]);
        File.Move(found, file, overwrite: true);
        await File.WriteAllTextAsync(found, Nothing);
    }

    await Run("git", ["--no-pager", "diff", "--stat", "--", .. files]);
}

async Task WriteOptions()
{
    var page = await File.ReadAllTextAsync(OptionsPage.File);
    await File.WriteAllTextAsync(OptionsPage.File, OptionsPage.Update(page, await File.ReadAllTextAsync(OptionsPage.Source)));
    await Run("git", ["--no-pager", "diff", "--stat", "--", OptionsPage.File]);
}

async Task Demo()
{
    await Pack();
    var project = await CreateFromTemplate("fusion-app", "FusionDemo");

    Title($"dotnet build, in {project}");
    await Run("dotnet", ["build", "-nologo"], project);

    Title("The kernels in the assembly");
    await Run("dotnet", ["run", "--no-build", "--", "--kernels"], project);

    Title("Running it");
    await Run("dotnet", ["run", "--no-build"], project);
    Console.WriteLine($"\nThe project stays in {project}: change kernels/rms_norm.cu and build again.");
}

async Task<string> CreateFromTemplate(string template, string name)
{
    var folder = Path.Combine(Path.GetTempPath(), $"fusion-demo-{Environment.ProcessId}", name);
    Title($"A new project from the template {template}, in {folder}");
    Directory.CreateDirectory(folder);
    // Installing over an installed template of the same version leaves dotnet new with two of them.
    await Cli.Wrap("dotnet").WithArguments(["new", "uninstall", "Fusion.Templates"])
        .WithValidation(CommandResultValidation.None).ExecuteAsync();
    await Run("dotnet", ["new", "install", Path.Combine(packages, $"Fusion.Templates.{Version()}.nupkg")]);
    await Run("dotnet", ["new", template, "-o", folder, "-n", name, "--source", packages, "--force"]);
    if (!File.Exists(Path.Combine(packages, $"Fusion.Nvrtc.linux-x64.{Version()}.nupkg")))
        await File.WriteAllTextAsync(Path.Combine(folder, "Directory.Build.props"),
            "<Project><PropertyGroup><FusionNvrtcPack>false</FusionNvrtcPack></PropertyGroup></Project>\n");
    return folder;
}

async Task Format()
{
    // To accept the public API is a chore of its own.
    await Run("dotnet", ["format", "FusionSdk.sln", "--exclude-diagnostics", "RS0016", "RS0017"]);
    var kernels = Directory.EnumerateFiles(root, "*.cu*", SearchOption.AllDirectories)
        .Where(file => !file.StartsWith(artifacts, StringComparison.Ordinal) && Path.GetExtension(file) is ".cu" or ".cuh");
    await Run("clang-format", ["-i", .. kernels]);
}

async Task GpuBundle()
{
    await Pack();
    var demo = await CreateFromTemplate("fusion-app", "FusionDemo");
    var allReduce = await CreateFromTemplate("fusion-allreduce", "FusionAllReduce");
    Title("Publishing to artifacts/gpu-bundle");
    var bundle = Path.Combine(artifacts, "gpu-bundle");
    var content = Path.Combine(artifacts, "gpu-bundle-content");
    foreach (var folder in new[] { bundle, content })
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
    }

    // One folder for all: they share one copy of the .NET runtime.
    string[] publish = ["publish", "-r", "linux-x64", "--self-contained", "-c", "Release", "-nologo", "-clp:ErrorsOnly;NoSummary", "-o", content];
    await Run("dotnet", [.. publish], demo);
    await Run("dotnet", [.. publish], allReduce);
    await Run("dotnet", [.. publish, "src/Fusion.Compiler"]);
    await Run("dotnet", [.. publish, "src/Fusion.Cli"]);
    await Run("dotnet", [.. publish, "samples/Llama/Cli"]);
    await Run("dotnet", [.. publish, "tests/Fusion.Gpu.Tests"]);
    await Run("dotnet", [.. publish, "tests/Fusion.Runtime.Distributed.Tests"]);
    await Run("dotnet", [.. publish, "tests/RankProcess"]);
    await Run("dotnet", ["publish", "bench/graph-passes.cs", .. publish[1..]]);
    // Native code, which shares nothing with the others: one file of all that its publish writes.
    var native = Path.Combine(artifacts, "publish", "NativeAot");
    await Run("dotnet", ["publish", "samples/NativeAot", "-r", "linux-x64", "-c", "Release", "-nologo", "-clp:ErrorsOnly;NoSummary", "-o", native]);
    File.Copy(Path.Combine(native, "NativeAot"), Path.Combine(content, "NativeAot"));
    foreach (var script in new[] { "bench/cold-start.py", "bench/llama.sh", "tests/Llama.Tests/Transformers/compare.py" })
        File.Copy(Path.Combine(root, script), Path.Combine(content, Path.GetFileName(script)));
    foreach (var unused in Directory.GetFiles(content, "*.pdb").Concat(Directory.GetFiles(content, "*.xml"))) File.Delete(unused);
    // Measures coverage on Windows and with Visual Studio: a fifth of all bytes.
    if (Directory.Exists(Path.Combine(content, "Microsoft.CodeCoverage"))) Directory.Delete(Path.Combine(content, "Microsoft.CodeCoverage"), recursive: true);
    CopyFolder(Path.Combine(root, "kernels", "cu"), Path.Combine(content, "kernels", "cu"));
    CopyFolder(Path.Combine(root, "bench", "baselines"), Path.Combine(content, "baselines"));

    await Run("tar", ["-czf", Path.Combine(bundle, "content.tar.gz"), "-C", content, "."]);
    foreach (var script in new[] { "run-gpu-tests.sh", "run-on-several-gpus.sh" })
        File.Copy(Path.Combine(root, "tests", "Fusion.Gpu.Tests", script), Path.Combine(bundle, script));
    var bytes = Directory.GetFiles(bundle).Sum(file => new FileInfo(file).Length);
    const int mostMegabytes = 60;
    if (bytes > mostMegabytes * 1048576L)
        throw new ChoreFailedException($"{bundle} has {bytes / 1048576.0:N1} MB, more than the {mostMegabytes} that fit.");
    Console.WriteLine($"  {bundle}: {bytes / 1048576.0:N1} MB. On the GPU machine: bash run-gpu-tests.sh [OUTPUT-FOLDER]");
}

static void CopyFolder(string from, string to)
{
    foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
    {
        var target = Path.Combine(to, Path.GetRelativePath(from, file));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target, overwrite: true);
    }
}

string Version() => System.Xml.Linq.XDocument.Load(Path.Combine(root, "Directory.Build.props")).Descendants("Version").Single().Value;

static Command Verb(string name, string what, Func<Task> action)
{
    var command = new Command(name, what);
    command.SetAction(async (_, _) =>
    {
        try
        {
            await action();
            return 0;
        }
        catch (ChoreFailedException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    });
    return command;
}

static void Title(string text) => Console.WriteLine($"\n== {text}");

static async Task Run(string tool, string[] arguments, string? folder = null)
{
    var code = await TryRun(tool, arguments, folder);
    if (code != 0) throw new ChoreFailedException($"'{tool} {string.Join(' ', arguments)}' ended with code {code}.");
}

static async Task<int> TryRun(string tool, string[] arguments, string? folder = null)
{
    await using var output = Console.OpenStandardOutput();
    await using var errors = Console.OpenStandardError();
    var result = await Cli.Wrap(tool).WithArguments(arguments).WithWorkingDirectory(folder ?? Directory.GetCurrentDirectory())
        .WithValidation(CommandResultValidation.None)
        .WithStandardOutputPipe(PipeTarget.ToStream(output)).WithStandardErrorPipe(PipeTarget.ToStream(errors))
        .ExecuteAsync();
    return result.ExitCode;
}

internal sealed class ChoreFailedException(string message) : Exception(message);
