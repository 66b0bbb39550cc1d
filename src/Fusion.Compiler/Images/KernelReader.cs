using Fusion.Manifest;

namespace Fusion.Compiler.Images;

/// <summary>What one compile made, as the manifest describes it.</summary>
/// <param name="PtxVersion">Version of the PTX language: <c>8.4</c>.</param>
/// <param name="Cubin">The kernels of the cubin, ordered by name.</param>
/// <param name="Ptx">The same kernels as the PTX shows them, in the same order.</param>
/// <param name="Spills">The kernels that spill registers, by name.</param>
/// <param name="Variables">The variables of both, ordered by name.</param>
internal sealed record ImageContent(
    string PtxVersion, IReadOnlyList<KernelEntry> Cubin, IReadOnlyList<KernelEntry> Ptx, IReadOnlyList<(string Kernel, Spill Spill)> Spills,
    IReadOnlyList<KernelVariable> Variables);

/// <summary>Reads what a compile's images hold: which kernels, what they take and what they need. Works without a GPU
/// and without the toolkit's tools.</summary>
internal static class KernelReader
{
    private const string Advice = "Expected PTX and cubin of the same compile: compile the source again.";

    /// <summary>Reads the images of one compile.</summary>
    /// <param name="ptx">The PTX.</param>
    /// <param name="cubin">The machine code made of it.</param>
    /// <param name="sources">Text of the source and of the headers it includes: where the parameters' names and types
    /// come from.</param>
    /// <param name="expressionsBySymbol">The name expressions of the compile by the symbols they became.</param>
    /// <exception cref="InvalidDataException">An image is damaged or foreign, or the two do not belong together.</exception>
    public static ImageContent Read(
        string ptx, byte[] cubin, IReadOnlyList<string> sources, IReadOnlyDictionary<string, string> expressionsBySymbol)
    {
        var portable = PtxReader.Read(ptx);
        var machine = CubinReader.Read(cubin).ToDictionary(kernel => kernel.Symbol, StringComparer.Ordinal);
        ThrowIfDifferent(portable.Kernels, machine);

        var signatures = SignatureReader.Read(sources);
        var described = KernelDescriber.Describe(portable.Kernels, signatures, expressionsBySymbol)
            .OrderBy(kernel => kernel.Name, StringComparer.Ordinal)
            .ToArray();
        var declared = portable.Kernels.ToDictionary(kernel => kernel.Symbol, StringComparer.Ordinal);
        return new ImageContent(portable.Version, [.. described.Select(kernel => WithNeeds(kernel, machine[kernel.Symbol]))], described,
        [
            .. from kernel in described
               let spill = Spill.Of(declared[kernel.Symbol], machine[kernel.Symbol])
               where spill is not null
               select (kernel.Name, spill),
        ], VariableDescriber.Describe(portable.Variables, sources));
    }

    private static KernelEntry WithNeeds(KernelEntry kernel, ImageKernel image) => kernel with
    {
        Registers = image.Registers,
        SharedBytes = image.SharedBytes,
        LocalBytes = image.LocalBytes,
        MaxThreads = image.MaxThreads,
        Parameters = [.. kernel.Parameters.Zip(image.Parameters, (named, placed) => named with { Offset = placed.Offset })],
    };

    private static void ThrowIfDifferent(IReadOnlyList<ImageKernel> ptx, Dictionary<string, ImageKernel> cubin)
    {
        foreach (var kernel in ptx)
        {
            if (!cubin.TryGetValue(kernel.Symbol, out var other))
            {
                throw new InvalidDataException(
                    $"The PTX holds the kernel '{kernel.Symbol}', but the cubin does not. {Advice}");
            }

            if (!HasSameLayout(kernel.Parameters, other.Parameters))
            {
                throw new InvalidDataException(
                    $"The kernel '{kernel.Symbol}' takes {Layout(kernel)} by the PTX, but {Layout(other)} by the cubin. {Advice}");
            }
        }

        if (cubin.Keys.Except(ptx.Select(kernel => kernel.Symbol), StringComparer.Ordinal).FirstOrDefault() is { } extra)
        {
            throw new InvalidDataException($"The cubin holds the kernel '{extra}', but the PTX does not. {Advice}");
        }
    }

    private static bool HasSameLayout(IReadOnlyList<ImageParameter> ptx, IReadOnlyList<ImageParameter> cubin)
    {
        if (ptx.Count != cubin.Count) return false;
        var isPlacedByPtx = true;
        for (var i = 0; i < ptx.Count; i++)
        {
            isPlacedByPtx &= !ptx[i].IsPlacedByChip;
            if (ptx[i].Size != cubin[i].Size || (isPlacedByPtx && ptx[i].Offset != cubin[i].Offset)) return false;
        }

        return true;
    }

    private static string Layout(ImageKernel kernel) => kernel.Parameters.Count == 0
        ? "no parameters"
        : string.Join(", ", kernel.Parameters.Select(p => $"{p.Size} bytes at {p.Offset}"));
}
