using System.Globalization;
using Fusion.Cli.Output;
using Fusion.Manifest;

namespace Fusion.Cli.Inspection;

/// <summary>Prints for people the kernels of an assembly.</summary>
internal static class InspectPrinter
{
    private static readonly string[] ImageTitles = ["image", "kind", "bytes ", "stored ", "PTX "];

    /// <summary>Prints a report.</summary>
    public static void Print(InspectReport report)
    {
        var images = report.Modules.SelectMany(m => m.Images).ToList();
        if (images.Count > 0)
        {
            // A project inside the SDK's own repository has no version of the SDK.
            var compiler = report.Compiler is { Length: > 0 } version ? $"Fusion.Sdk {version}" : "Fusion.Sdk";
            Screen.Line($"{report.Assembly}: {Count(report.Modules.Count, "module")}, {Count(images.Count, "image")}, " +
                $"{Screen.Bytes(images.Sum(i => i.Bytes))}, stored in {Screen.Bytes(images.Sum(i => i.StoredBytes))}; " +
                $"compiled by {compiler} with NVRTC {report.Nvrtc}");
        }

        foreach (var module in report.Modules) Print(module);
        if (report.Problems.Count > 0 && images.Count > 0) Screen.Line();
        Problems(report);
    }

    /// <summary>Prints the problems of an assembly.</summary>
    public static void Problems(InspectReport report)
    {
        if (report.Problems.Count == 0) return;
        Screen.Line($"{report.Assembly}: {Count(report.Problems.Count, "problem")}");
        foreach (var problem in report.Problems) Screen.Line($"  {problem}");
    }

    /// <summary>Formats a number of things, with the plural where it is due.</summary>
    public static string Count(int count, string what) => $"{Number(count)} {what}{(count == 1 ? "" : "s")}";

    private static void Print(ModuleReport module)
    {
        Screen.Line();
        Screen.Line($"{module.Name} ({module.Source})");
        Screen.Table(ImageTitles, module.Images.Select(i => new[]
        {
            i.Architecture, i.Kind == ImageKind.Cubin ? "cubin" : "PTX", Number(i.Bytes), Number(i.StoredBytes), i.PtxVersion,
        }));
        Screen.Line();

        // A kernel's parameters are the same in all images.
        var kernels = module.Images.SelectMany(i => i.Kernels).DistinctBy(k => k.Name).ToList();
        foreach (var kernel in kernels) Screen.Line($"  {kernel.Name}({kernel.Signature})");
        var variables = module.Images.SelectMany(i => i.Variables).DistinctBy(v => (v.Name, v.Size)).ToList();
        foreach (var variable in variables)
            Screen.Line($"  __{variable.Kind.ToString().ToLowerInvariant()}__ {variable.Type} {variable.Name}: {Screen.Bytes(variable.Size)}");
        Screen.Line();
        var rows = kernels.SelectMany(kernel => module.Images.Where(image => image.Kind == ImageKind.Cubin)
            .SelectMany(image => image.Kernels.Where(k => k.Name == kernel.Name)
                .Select(k => (IReadOnlyList<string>)[k.Name, image.Architecture, .. KernelFigures.Of(k)])));
        Screen.Table(["kernel", "image", .. KernelFigures.Titles], rows);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
