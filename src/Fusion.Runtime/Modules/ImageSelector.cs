using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Chooses the image of a module for a GPU: machine code for exactly that chip, then for its family, then for the
/// newest chip of its generation that is not newer than the GPU; then the newest PTX. It needs no GPU.</summary>
internal static class ImageSelector
{
    /// <param name="module">The module.</param>
    /// <param name="gpu">Compute capability of the GPU.</param>
    /// <param name="driverPtx">Newest PTX version that the driver
    /// accepts; null for any.</param>
    /// <param name="kind">The only kind to take; null for either.</param>
    public static ImageChoice Choose(
        KernelModule module, ComputeCapability gpu, Version? driverPtx = null, ImageKind? kind = null)
    {
        var fitting = module.Images
            .Where(image => (kind is null || image.Kind == kind) && RunsOn(image, gpu))
            .OrderByDescending(Rank)
            .ToList();
        if (fitting.Find(image => DriverTakes(image, driverPtx)) is { } best)
            return new(module, best, ReasonFor(best, gpu, kind));

        if (fitting is [var refused, ..])
        {
            return new(module, null,
                $"only PTX would run on {gpu}, and that of {refused.Architecture} has version {refused.PtxVersion}, newer than " +
                $"the driver's {driverPtx}")
            { TooNewForDriver = refused };
        }

        return new(module, null, $"none of {List(module)} runs on {gpu}{(kind is null ? "" : $" as {Word(kind.Value)}")}");
    }

    /// <summary>Tells whether a GPU runs an image, apart from its driver. An image of an unknown architecture runs
    /// nowhere.</summary>
    /// <param name="image">The image.</param>
    /// <param name="gpu">Compute capability of the GPU.</param>
    public static bool RunsOn(KernelImage image, ComputeCapability gpu) =>
        TryGetArchitecture(image, out var architecture) && architecture.RunsOn(gpu);

    /// <summary>Gets the sort key of an image that runs; the greatest is the best.</summary>
    /// <param name="image">An image of a known architecture.</param>
    public static (int Carry, int Number, int Form) Rank(KernelImage image)
    {
        _ = TryGetArchitecture(image, out var architecture);
        var form = (int)architecture.Form;
        return architecture.IsVirtual ? (-1, architecture.Number, form) : (form, architecture.Number, 0);
    }

    /// <summary>Lists the images of a module, for messages.</summary>
    /// <param name="module">The module.</param>
    public static string List(KernelModule module) => module.Images.Count == 0
        ? "no image"
        : string.Join(", ", module.Images.Select(i => $"{i.Architecture} ({Word(i.Kind)})"));

    private static bool TryGetArchitecture(KernelImage image, out GpuArchitecture architecture)
    {
        var known = GpuArchitecture.TryParse(image.Architecture, out architecture);
        architecture = architecture with { IsVirtual = image.Kind == ImageKind.Ptx };
        return known;
    }

    private static bool DriverTakes(KernelImage image, Version? driverPtx) =>
        image.Kind == ImageKind.Cubin || driverPtx is null ||
        !Version.TryParse(image.PtxVersion, out var ptx) || ptx <= driverPtx;

    private static string ReasonFor(KernelImage image, ComputeCapability gpu, ImageKind? kind)
    {
        _ = TryGetArchitecture(image, out var architecture);
        if (architecture.IsVirtual)
        {
            var why = kind is null ? $"no machine code runs on {gpu}" : "PTX was asked for";
            return $"{why}; the driver compiles the PTX of {image.Architecture}, the newest that {gpu} runs";
        }

        return architecture.Form switch
        {
            ArchitectureForm.Specific => $"machine code for exactly {gpu}",
            ArchitectureForm.Family => $"machine code for the family of {gpu}, from {architecture.Capability} on",
            _ when architecture.Capability == gpu => $"machine code for {gpu}",
            _ => $"machine code for {architecture.Capability}, the newest of generation {gpu.Major} that {gpu} runs",
        };
    }

    private static string Word(ImageKind kind) => kind == ImageKind.Cubin ? "cubin" : "PTX";
}

/// <summary>Choice of a module's image for a GPU.</summary>
public sealed record ImageChoice
{
    internal ImageChoice(KernelModule module, KernelImage? image, string reason) =>
        (Module, Image, Reason) = (module, image, reason);

    /// <summary>The module.</summary>
    public KernelModule Module { get; internal init; }

    /// <summary>The image; null if none can be loaded.</summary>
    public KernelImage? Image { get; internal init; }

    /// <summary>Reason for that image, or for none, in words.</summary>
    public string Reason { get; internal init; }

    /// <summary>Reads the chosen image, inflated and checked: for another library that loads it.</summary>
    /// <param name="assembly">Assembly whose image was chosen.</param>
    /// <returns>What <c>cuModuleLoadData</c> takes: a cubin, or PTX with a zero byte behind it.</returns>
    /// <exception cref="InvalidOperationException">No image was chosen; <see cref="Reason"/> says why.</exception>
    /// <exception cref="KernelLoadException">The image is not what the compiler made.</exception>
    public byte[] ReadImage(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        if (Image is null) throw new InvalidOperationException($"No image of the module '{Module.Name}' was chosen: {Reason}.");
        using var bytes = ImageBytes.Open(assembly, Image);
        return bytes.ToArray();
    }

    /// <summary>PTX that the GPU could run but that is newer than the driver, if no image can be loaded.</summary>
    internal KernelImage? TooNewForDriver { get; init; }
}
