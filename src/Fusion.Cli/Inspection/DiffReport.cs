namespace Fusion.Cli.Inspection;

/// <summary>Report of how the kernels of two assemblies differ.</summary>
/// <param name="Before">First assembly.</param>
/// <param name="After">Second assembly.</param>
/// <param name="Added">Kernels that only the second assembly has.</param>
/// <param name="Removed">Kernels that only the first assembly has.</param>
/// <param name="Changed">Kernels of both assemblies that differ.</param>
/// <param name="Unchanged">Number of kernels that are the same in both assemblies.</param>
/// <param name="Problems">Problems of either assembly, each with its code.</param>
internal sealed record DiffReport(
    DiffSide Before,
    DiffSide After,
    IReadOnlyList<KernelPlace> Added,
    IReadOnlyList<KernelPlace> Removed,
    IReadOnlyList<KernelChange> Changed,
    int Unchanged,
    IReadOnlyList<string> Problems)
{
    /// <summary>Whether every kernel has the same code in both.</summary>
    public bool IsSame => Added.Count + Removed.Count + Changed.Count == 0;

    /// <summary>Compares two assemblies.</summary>
    public static DiffReport Of(InspectReport before, InspectReport after)
    {
        var (old, now) = (Kernels(before), Kernels(after));
        var both = old.Keys.Where(now.ContainsKey).ToList();
        var changed = both.Select(place => new KernelChange(place.Module, place.Kernel, place.Image, Changes(old[place], now[place])))
            .Where(change => change.Figures.Count > 0).ToList();
        return new(
            Side(before), Side(after), [.. now.Keys.Except(old.Keys)], [.. old.Keys.Except(now.Keys)], changed,
            both.Count - changed.Count, [.. before.Problems.Concat(after.Problems)]);
    }

    private static DiffSide Side(InspectReport report) => new(report.Assembly, report.Compiler, report.Nvrtc);

    private static Dictionary<KernelPlace, (KernelReport Kernel, ImageReport Image)> Kernels(InspectReport report)
    {
        var all = from module in report.Modules
                  from image in module.Images
                  from kernel in image.Kernels
                  select (Place: new KernelPlace(module.Name, kernel.Name, image.Architecture), (kernel, image));
        return all.ToDictionary(one => one.Place, one => one.Item2);
    }

    private static IReadOnlyList<FigureChange> Changes(
        (KernelReport Kernel, ImageReport Image) before, (KernelReport Kernel, ImageReport Image) after)
    {
        var changes = KernelFigures.Compare(before.Kernel, after.Kernel);
        // PTX, and an image that cannot be read, have no code for each kernel that could be compared.
        var isWhole = changes.Count > 0 || before.Kernel.CodeSha256 is not null || before.Image.Sha256 == after.Image.Sha256;
        return isWhole ? changes : [new("image", Size(before.Image), Size(after.Image))];
    }

    private static string Size(ImageReport image) => $"{image.Bytes} bytes, SHA-256 {image.Sha256[..12]}";
}

/// <summary>An assembly of a comparison.</summary>
/// <param name="Assembly">Name of the assembly.</param>
/// <param name="Compiler">Version of Fusion.Sdk; null without kernels.</param>
/// <param name="Nvrtc">Version of NVRTC; null without kernels.</param>
internal sealed record DiffSide(string Assembly, string? Compiler, string? Nvrtc);

/// <summary>Place of a kernel: module, name and image.</summary>
/// <param name="Module">Name of the module.</param>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Image">Architecture of the image.</param>
internal sealed record KernelPlace(string Module, string Kernel, string Image);

/// <summary>A kernel that differs between two assemblies.</summary>
/// <param name="Module">Name of the module.</param>
/// <param name="Kernel">Name of the kernel.</param>
/// <param name="Image">Architecture of the image.</param>
/// <param name="Figures">Figures that differ.</param>
internal sealed record KernelChange(string Module, string Kernel, string Image, IReadOnlyList<FigureChange> Figures);
