using Fusion.Manifest;

namespace Fusion.Compiler.Architectures;

/// <summary>Which NVRTC compiles for which architecture.</summary>
/// <remarks>NVRTC lists its plain architectures, but not the <c>a</c> and <c>f</c> forms. The first and last versions come
/// from the release notes of CUDA 11.0 to 13.0.</remarks>
internal static class SupportTable
{
    private static readonly Version SpecificForms = new(12, 0);
    private static readonly Version FamilyForms = new(12, 9);

    private static readonly (int[] Numbers, Version First, Version? Last)[] Versions =
    [
        ([35, 37], new(11, 0), new(11, 8)),
        ([50, 52, 53, 60, 61, 62, 70, 72], new(11, 0), new(12, 9)),
        ([75, 80], new(11, 0), null),
        ([86], new(11, 1), null),
        ([87], new(11, 4), null),
        ([89, 90], new(11, 8), null),
        ([100, 120], new(12, 8), null),
        ([101], new(12, 8), new(12, 9)),
        ([103, 121], new(12, 9), null),
        ([88, 110], new(13, 0), null),
    ];

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

        var (_, first, last) = Versions.FirstOrDefault(v => v.Numbers.Contains(architecture.Number));
        if (first is null) return "no NVRTC that this version of fusionc knows of has it";
        var since = first > FormSince(architecture) ? first : FormSince(architecture);
        var renamed = architecture.Number == 101 ? "; from 13.0 on it is called 110" : "";
        return last is null ? $"NVRTC {since} or later would do" : $"NVRTC {since} to {last} would do{renamed}";
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
