using System.Text;
using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>An image that a linker would have to complete before a GPU can run it.</summary>
/// <param name="Undefined">Functions and variables that it uses and does not have, ordered.</param>
internal sealed record UnlinkedImage(IReadOnlyList<string> Undefined)
{
    // Functions of cudadevrt, CUDA's device runtime: cudaLaunchDeviceV2, __cudaCDP2LaunchDeviceV2.
    private static readonly string[] DeviceRuntime = ["cuda", "__cudaCDP", "__cudaCdp"];

    /// <summary>Whether a kernel in it launches kernels.</summary>
    public bool LaunchesKernels => Undefined.Any(name => DeviceRuntime.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <inheritdoc/>
    public override string ToString() => Undefined.Count == 0
        ? "it is relocatable"
        : $"{string.Join(", ", Undefined.Select(name => $"'{name}'"))} {(Undefined.Count == 1 ? "is" : "are")} not defined in it";
}

/// <summary>Finds images that are not linked.</summary>
internal static class LinkCheck
{
    private const string DriverCalls = "__cuda_syscall";

    // What the driver itself defines: ptxas takes these names, and no others, without a body.
    private static readonly string[] OfDriver =
        ["vprintf", "vfprintf", "malloc", "free", "memcpy", "memset", "__assertfail", "__profile"];

    /// <summary>Looks at an image.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="image">All of it.</param>
    /// <returns>What is wrong with it; null for an image that is complete.</returns>
    /// <exception cref="InvalidDataException">It is a cubin that cannot be read.</exception>
    public static UnlinkedImage? Find(ImageKind kind, byte[] image) =>
        kind == ImageKind.Ptx ? OfPtx(Encoding.UTF8.GetString(image)) : OfCubin(ElfFile.Read(image));

    // ptxas resolves every name of an executable file, or refuses: what is undefined there is the driver's.
    private static UnlinkedImage? OfCubin(ElfFile file) => !file.IsRelocatable ? null : new UnlinkedImage(Ordered(
        file.Symbols.Where(symbol => symbol.IsUndefined).Select(symbol => symbol.Name)));

    private static UnlinkedImage? OfPtx(string text)
    {
        var (declared, defined) = PtxSymbols.Read(text);
        var undefined = Ordered(declared.Except(defined));
        return undefined.Length > 0 ? new UnlinkedImage(undefined) : null;
    }

    // Names with a dot in front are the assembler's own: .nv.reservedSmem.cap.
    private static string[] Ordered(IEnumerable<string> names) => [.. names
        .Where(name => name[0] != '.' && !OfDriver.Contains(name) && !name.StartsWith(DriverCalls, StringComparison.Ordinal))
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
