using Fusion.Manifest;

namespace Fusion.Compiler.Nvrtc;

/// <summary>What is wanted of an NVRTC.</summary>
/// <param name="Architectures">What it should compile for.</param>
/// <param name="SkipUnsupported">Whether an architecture that none has may be passed over.</param>
/// <param name="NamedPath">A library or folder that the project names; empty if it names none.</param>
/// <param name="PackPath">Folder of the NVRTC pack; empty without one.</param>
/// <param name="BaseDirectory">Where a relative path starts.</param>
internal sealed record NvrtcRequirements(
    IReadOnlyList<GpuArchitecture> Architectures, bool SkipUnsupported, string NamedPath, string PackPath, string BaseDirectory)
{
    /// <summary>Whether the pack is looked at before the toolkits that environment variables name.</summary>
    public bool PrefersPack { get; init; }
}
