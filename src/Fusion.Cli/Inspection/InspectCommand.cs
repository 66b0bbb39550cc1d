using System.CommandLine;
using System.Globalization;
using Fusion.Cli.CommandLine;
using Fusion.Cli.Output;
using Fusion.Manifest;

namespace Fusion.Cli.Inspection;

/// <summary><c>fusion inspect</c>: the kernels in an assembly. Needs no GPU.</summary>
internal static class InspectCommand
{
    private static readonly string[] ImageTitles = ["image", "kind", "bytes ", "PTX "];
    private static readonly string[] KernelTitles =
        ["kernel", "image", "registers ", "shared bytes ", "local bytes ", "max threads "];

    /// <summary>Creates the command.</summary>
    public static Command Create()
    {
        var assembly = new Argument<string>("assembly") { Description = "File of an assembly that was built with Fusion.Sdk." };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("inspect", "Show the GPU kernels in an assembly. None of its code is run.") { assembly, json };
        command.SetAction(line =>
        {
            using var file = AssemblyFile.Open(line.GetValue(assembly)!);
            var report = InspectReport.Of(file);
            if (line.GetValue(json)) ToolJson.Print(report);
            else Print(report);
            return report.Problems.Count > 0 ? ExitCodes.Problem : ExitCodes.Success;
        });
        return command;
    }

    private static void Print(InspectReport report)
    {
        var images = report.Modules.SelectMany(m => m.Images).ToList();
        if (images.Count > 0)
        {
            // A project inside the SDK's own repository has no version of it.
            var compiler = report.Compiler is { Length: > 0 } version ? $"Fusion.Sdk {version}" : "Fusion.Sdk";
            Screen.Line($"{report.Assembly}: {Count(report.Modules.Count, "module")}, {Count(images.Count, "image")}, " +
                $"{Screen.Bytes(images.Sum(i => i.Bytes))}; compiled by {compiler} with NVRTC {report.Nvrtc}");
        }

        foreach (var module in report.Modules) Print(module);
        if (report.Problems.Count == 0) return;
        if (images.Count > 0) Screen.Line();
        Screen.Line($"{report.Assembly}: {Count(report.Problems.Count, "problem")}");
        foreach (var problem in report.Problems) Screen.Line($"  {problem}");
    }

    private static void Print(KernelModule module)
    {
        Screen.Line();
        Screen.Line($"{module.Name} ({module.Source})");
        Screen.Table(ImageTitles, module.Images.Select(i => new[]
        {
            i.Architecture, i.Kind == ImageKind.Cubin ? "cubin" : "PTX", Number(i.Bytes), i.PtxVersion,
        }));
        Screen.Line();

        // What a kernel takes is the same in all images.
        var kernels = module.Images.SelectMany(i => i.Kernels).DistinctBy(k => k.Name).ToList();
        foreach (var kernel in kernels)
            Screen.Line($"  {kernel.Name}({string.Join(", ", kernel.Parameters.Select(p => $"{p.Type} {p.Name}"))})");
        Screen.Line();
        Screen.Table(KernelTitles, kernels.SelectMany(kernel => module.Images
            .Where(image => image.Kind == ImageKind.Cubin)
            .SelectMany(image => image.Kernels.Where(k => k.Name == kernel.Name).Select(k => new[]
            {
                k.Name, image.Architecture, Number(k.Registers), Number(k.SharedBytes), Number(k.LocalBytes),
                Number(k.MaxThreads),
            }))));
    }

    private static string Count(int count, string what) => $"{Number(count)} {what}{(count == 1 ? "" : "s")}";

    private static string Number(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "-";
}
