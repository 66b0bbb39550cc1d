using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fusion.Manifest;

/// <summary>A target of the compiler: <c>sm_90</c>, <c>sm_90a</c>, <c>sm_100f</c> (machine code, a cubin) or
/// <c>compute_90</c> (PTX, which the driver compiles when it loads it).</summary>
/// <param name="Capability">The oldest GPU that runs it.</param>
/// <param name="Form">How far it carries beyond that GPU.</param>
/// <param name="IsVirtual">Whether it is PTX.</param>
/// <remarks>Which GPU runs what: CUDA C++ Programming Guide, "Application Compatibility" and
/// "Family-Specific Features".</remarks>
public readonly record struct GpuArchitecture(ComputeCapability Capability, ArchitectureForm Form, bool IsVirtual)
{
    private const string RealPrefix = "sm_";
    private const string VirtualPrefix = "compute_";

    /// <summary>The number in the name: 90 for <c>sm_90a</c>.</summary>
    public int Number => Capability.Number;

    /// <summary>The kind of image that this target gives.</summary>
    public ImageKind Kind => IsVirtual ? ImageKind.Ptx : ImageKind.Cubin;

    /// <summary>The same chip as machine code: <c>sm_90a</c> for <c>compute_90a</c>.</summary>
    public GpuArchitecture AsReal => this with { IsVirtual = false };

    /// <summary>The same chip as PTX: <c>compute_90a</c> for <c>sm_90a</c>.</summary>
    public GpuArchitecture AsVirtual => this with { IsVirtual = true };

    /// <summary>Whether a GPU can run an image for this target.</summary>
    /// <param name="gpu">The GPU's compute capability.</param>
    /// <remarks>A driver that is too old for the image's PTX is another matter.</remarks>
    public bool RunsOn(ComputeCapability gpu) => Form switch
    {
        ArchitectureForm.Specific => gpu == Capability,
        ArchitectureForm.Family => gpu.Major == Capability.Major && gpu >= Capability,
        _ when IsVirtual => gpu >= Capability,
        _ => gpu.Major == Capability.Major && gpu >= Capability,
    };

    /// <summary>Reads an architecture's name.</summary>
    /// <param name="name"><c>sm_NN</c> or <c>compute_NN</c>, with <c>a</c> or <c>f</c> behind it or not.</param>
    /// <param name="architecture">What it names.</param>
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

    /// <summary>Reads an architecture's name.</summary>
    /// <param name="name"><c>sm_NN</c> or <c>compute_NN</c>, with <c>a</c> or <c>f</c> behind it or not.</param>
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

/// <summary>How far code for an architecture carries.</summary>
public enum ArchitectureForm
{
    /// <summary><c>sm_90</c>: the same generation from this chip on; as PTX, every later chip.</summary>
    Plain,

    /// <summary><c>sm_100f</c>: the chips of one family, from this one on.</summary>
    Family,

    /// <summary><c>sm_90a</c>: this one chip.</summary>
    Specific,
}
