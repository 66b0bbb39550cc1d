using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fusion.Manifest;

/// <summary>Target architecture of the compiler: <c>sm_90</c>, <c>sm_90a</c>, <c>sm_100f</c> (machine code, a cubin) or
/// <c>compute_90</c> (PTX, which the driver compiles when it loads it).</summary>
/// <param name="Capability">Compute capability of the oldest GPU that runs the code.</param>
/// <param name="Form">Which other GPUs run the code.</param>
/// <param name="IsVirtual">Whether the code is PTX.</param>
/// <remarks>Source of which GPU runs what: CUDA C++ Programming Guide, "Application Compatibility" and "Family-Specific
/// Features".</remarks>
public readonly record struct GpuArchitecture(ComputeCapability Capability, ArchitectureForm Form, bool IsVirtual)
{
    private const string RealPrefix = "sm_";
    private const string VirtualPrefix = "compute_";

    /// <summary>Number in the name: 90 for <c>sm_90a</c>.</summary>
    public int Number => Capability.Number;

    /// <summary>Kind of image that is compiled for the architecture.</summary>
    public ImageKind Kind => IsVirtual ? ImageKind.Ptx : ImageKind.Cubin;

    /// <summary>Architecture of the same chip for machine code: <c>sm_90a</c> for <c>compute_90a</c>.</summary>
    public GpuArchitecture AsReal => this with { IsVirtual = false };

    /// <summary>Architecture of the same chip for PTX: <c>compute_90a</c> for <c>sm_90a</c>.</summary>
    public GpuArchitecture AsVirtual => this with { IsVirtual = true };

    /// <summary>Tells whether a GPU runs images for this architecture.</summary>
    /// <param name="gpu">Compute capability of the GPU.</param>
    /// <remarks>The driver may still be too old for the image.</remarks>
    public bool RunsOn(ComputeCapability gpu) => Form switch
    {
        ArchitectureForm.Specific => gpu == Capability,
        ArchitectureForm.Family => gpu.Major == Capability.Major && gpu >= Capability,
        _ when IsVirtual => gpu >= Capability,
        _ => gpu.Major == Capability.Major && gpu >= Capability,
    };

    /// <summary>Reads the name of an architecture.</summary>
    /// <param name="name">Name: <c>sm_NN</c> or <c>compute_NN</c>,
    /// with or without <c>a</c> or <c>f</c> behind it.</param>
    /// <param name="architecture">The architecture.</param>
    /// <returns>Whether the name has that form. The chip need not exist.</returns>
    public static bool TryParse([NotNullWhen(true)] string? name, out GpuArchitecture architecture)
    {
        architecture = default;
        if (name is null) return false;
        var isVirtual = name.StartsWith(VirtualPrefix, StringComparison.Ordinal);
        if (!isVirtual && !name.StartsWith(RealPrefix, StringComparison.Ordinal)) return false;

        var number = name.AsSpan(isVirtual ? VirtualPrefix.Length : RealPrefix.Length);
        var form = ArchitectureForm.Plain;
        if (number is [.. var digits, 'a' or 'f'])
        {
            form = number[^1] == 'a' ? ArchitectureForm.Specific : ArchitectureForm.Family;
            number = digits;
        }

        if (number.Length is not (2 or 3) || number[0] == '0') return false;
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return false;
        architecture = new GpuArchitecture(ComputeCapability.FromNumber(value), form, isVirtual);
        return true;
    }

    /// <summary>Reads the name of an architecture, or throws.</summary>
    /// <param name="name">Name: <c>sm_NN</c> or
    /// <c>compute_NN</c>, with or without <c>a</c> or <c>f</c> behind it.</param>
    /// <exception cref="FormatException">The name has another form.</exception>
    public static GpuArchitecture Parse(string name) => TryParse(name, out var architecture)
        ? architecture
        : throw new FormatException($"'{name}' is no GPU architecture: expected sm_NN or compute_NN, with a or f behind it or not.");

    /// <inheritdoc/>
    public override string ToString()
    {
        var suffix = Form switch { ArchitectureForm.Specific => "a", ArchitectureForm.Family => "f", _ => "" };
        return string.Create(CultureInfo.InvariantCulture, $"{(IsVirtual ? VirtualPrefix : RealPrefix)}{Number}{suffix}");
    }
}

/// <summary>Form of an architecture, which says which GPUs run its code.</summary>
public enum ArchitectureForm
{
    /// <summary>Plain target such as <c>sm_90</c>: this chip and later ones of its generation; as PTX, every later
    /// chip.</summary>
    Plain,

    /// <summary>Family-specific target such as <c>sm_100f</c>: this chip and later ones of its family.</summary>
    Family,

    /// <summary>Architecture-specific target such as <c>sm_90a</c>: this chip only.</summary>
    Specific,
}
