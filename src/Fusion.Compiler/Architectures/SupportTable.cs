using Fusion.Manifest;

namespace Fusion.Compiler.Architectures;

/// <summary>Which NVRTC compiles for which architecture.</summary>
/// <remarks>NVRTC lists its plain architectures, but not the <c>a</c> and <c>f</c> forms. The first and last versions come
/// from the release notes of CUDA 11.0 to 13.0.</remarks>
internal static class SupportTable
{
    private static readonly Version SpecificForms = new(12, 0);
    private static readonly Version FamilyForms = new(12, 9);

    private static readonly Dictionary<int, Version> First = new()
    {
        [35] = new(11, 0), [37] = new(11, 0), [50] = new(11, 0), [52] = new(11, 0), [53] = new(11, 0), [60] = new(11, 0),
        [61] = new(11, 0), [62] = new(11, 0), [70] = new(11, 0), [72] = new(11, 0), [75] = new(11, 0), [80] = new(11, 0),
        [86] = new(11, 1), [87] = new(11, 4), [88] = new(13, 0), [89] = new(11, 8), [90] = new(11, 8), [100] = new(12, 8),
        [101] = new(12, 8), [103] = new(12, 9), [110] = new(13, 0), [120] = new(12, 8), [121] = new(12, 9),
    };

    private static readonly Dictionary<int, Version> Last = new()
    {
        [35] = new(11, 8), [37] = new(11, 8), [50] = new(12, 9), [52] = new(12, 9), [53] = new(12, 9), [60] = new(12, 9),
        [61] = new(12, 9), [62] = new(12, 9), [70] = new(12, 9), [72] = new(12, 9), [101] = new(12, 9),
    };

    /// <summary>Whether an NVRTC compiles for an architecture.</summary>
    /// <param name="version">NVRTC's version.</param>
    /// <param name="supported">The plain architectures that it lists.</param>
    /// <param name="architecture">The architecture.</param>
    public static bool Supports(Version version, IReadOnlyList<int> supported, GpuArchitecture architecture) =>
        supported.Contains(architecture.Number) && HasForm(architecture) && version >= FormSince(architecture);

    /// <summary>Which NVRTC would do, in words: "NVRTC 12.0 or later".</summary>
    /// <param name="architecture">The architecture.</param>
    public static string WhichWouldDo(GpuArchitecture architecture)
    {
        if (!HasForm(architecture))
        {
            var oldest = architecture.Form == ArchitectureForm.Specific ? "sm_90a" : "sm_100f";
            return $"no NVRTC has that form: the oldest is {oldest}";
        }

        if (!First.TryGetValue(architecture.Number, out var since)) return "no NVRTC that this version of fusionc knows of has it";
        since = since > FormSince(architecture) ? since : FormSince(architecture);
        return Last.TryGetValue(architecture.Number, out var until)
            ? $"NVRTC {since} to {until} would do{(architecture.Number == 101 ? "; from 13.0 on it is called 110" : "")}"
            : $"NVRTC {since} or later would do";
    }

    private static bool HasForm(GpuArchitecture architecture) => architecture.Form switch
    {
        ArchitectureForm.Specific => architecture.Capability.Major >= 9,
        ArchitectureForm.Family => architecture.Capability.Major >= 10,
        _ => true,
    };

    private static Version FormSince(GpuArchitecture architecture) => architecture.Form switch
    {
        ArchitectureForm.Specific => SpecificForms,
        ArchitectureForm.Family => FamilyForms,
        _ => new Version(0, 0),
    };
}
