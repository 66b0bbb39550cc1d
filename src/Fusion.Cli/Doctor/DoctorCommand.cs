using System.CommandLine;
using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Compiler.Architectures;
using Fusion.Manifest;
using Fusion.Runtime;

namespace Fusion.Cli.Doctor;

/// <summary><c>fusion doctor</c>: what this machine has, what is wrong with it and what to do.</summary>
internal static class DoctorCommand
{
    private static readonly string[] GpuTitles = ["GPU ", "name", "for", "multiprocessors ", "memory", "built-in kernels"];

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("doctor", "Look at driver, GPUs and NVRTC, and say what is wrong and what to do.") { json };
        command.SetAction(line =>
        {
            var report = Examine();
            if (line.GetValue(json)) ToolJson.Print(report);
            else Print(report);
            return report.Problems.Count > 0 ? ExitCodes.Problem : ExitCodes.Success;
        });
        return command;
    }

    private static DoctorReport Examine()
    {
        var problems = new List<Finding>();
        var missing = new List<Finding>();
        var driver = GpuExamination.Driver(problems, missing);
        var gpus = GpuExamination.Gpus(problems);
        var peers = GpuExamination.Peers(gpus, problems);
        var nvrtc = NvrtcExamination.All(gpus, problems).Select(found => found with { Architectures = WithForms(found) }).ToList();
        // A machine that builds kernels needs no GPU.
        var buildsKernels = nvrtc.Any(found => found.IsUsed);
        if (!buildsKernels) problems.AddRange(missing);
        foreach (var found in nvrtc.Where(n => n.Advice is not null))
        {
            var what = found.Works ? "it works, but not for all GPUs here" : found.Verdict;
            problems.Add(new($"NVRTC {found.Path} ({found.Origin}): {what}", found.Advice!));
        }

        var variables = NativeEnvironment.Settings
            .Select(setting => new VariableReport(setting.Name, setting.Value, setting.IsOwn, setting.Meaning)).ToList();
        var tuned = TunedExamination.All(gpus, problems);
        return new(driver, gpus, peers, nvrtc, variables, tuned, problems, buildsKernels ? missing : []);
    }

    private static void Print(DoctorReport report)
    {
        Screen.Line(report.Driver.Cuda is null
            ? "Driver: none"
            : $"Driver: CUDA {report.Driver.Cuda}, takes PTX up to {report.Driver.Ptx}, from {report.Driver.Origin}");
        Screen.Line(report.Gpus.Count == 0 ? "GPUs: none" : "GPUs:");
        if (report.Gpus.Count > 0)
        {
            Screen.Table(GpuTitles, report.Gpus.Select(gpu => new[]
            {
                Number(gpu.Number), gpu.Name, gpu.Architecture, Number(gpu.Multiprocessors), Screen.Bytes(gpu.MemoryBytes),
                gpu.BuiltInKernels ?? "none",
            }));
        }

        if (report.Peers.Count > 0)
        {
            Screen.Line("Whether a GPU (row) can use the memory of another (column), as the driver says:");
            Screen.Table(
                ["GPU ", .. report.Gpus.Select(gpu => $"{Number(gpu.Number)} ")],
                report.Peers.Select((row, from) => (IReadOnlyList<string>)
                    [Number(from), .. row.Select((can, to) => from == to ? "self" : can ? "yes" : "no")]));
        }

        Screen.Line(report.Nvrtc.Count == 0
            ? "NVRTC: none"
            : "NVRTC, in the order of fusionc's search; * is the one that compiles:");
        foreach (var nvrtc in report.Nvrtc)
        {
            Screen.Line($"{(nvrtc.IsUsed ? "*" : " ")} {nvrtc.Version ?? "-",-5} {nvrtc.Path}");
            Screen.Line($"        from     {nvrtc.Origin}");
            if (nvrtc.Architectures.Count > 0) Screen.Line($"        has      {string.Join(' ', nvrtc.Architectures)}");
            Screen.Line($"        verdict  {nvrtc.Verdict}");
        }

        Screen.Line("Variables that Fusion.Runtime sets in a process before the driver starts, unless they are set:");
        Screen.Table(["variable", "value", "set by", "meaning"], report.Variables.Select(variable =>
            (IReadOnlyList<string>)[variable.Name, variable.Value, variable.IsOwn ? "you" : "Fusion.Runtime", variable.Meaning]));

        TunedExamination.Print(report.TunedPolicies);
        Screen.Line(report.Problems.Count == 0 ? "No problem found." : "Problems:");
        Print(report.Problems);
        if (report.Notes.Count > 0) Screen.Line("This machine builds kernels and does not run them:");
        Print(report.Notes);
    }

    private static void Print(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Screen.Line($"- {finding.What}");
            Screen.Line($"  {finding.Advice}");
        }
    }

    // NVRTC lists its plain architectures alone; what is a form of one stands behind it.
    private static IReadOnlyList<string> WithForms(NvrtcReport nvrtc) => nvrtc.Version is not { } version ? nvrtc.Architectures :
    [
        .. nvrtc.Architectures.SelectMany(plain => new[] { plain, $"{plain}a", $"{plain}f" }
            .Where(name => SupportTable.Supports(System.Version.Parse(version), [GpuArchitecture.Parse(plain).Number], GpuArchitecture.Parse(name)))),
    ];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
