using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>Options of a <see cref="Matmul"/>: library, workspace, number of shapes that are remembered.</summary>
public sealed record MatmulOptions
{
    /// <summary>Path of cuBLASLt or of a folder that has it; null for the environment variable <c>FUSION_CUBLASLT_PATH</c>, and
    /// without it for what the loader, toolkits and Python environments have.</summary>
    public string? LibraryPath { get; init; }

    /// <summary>Size of the workspace in bytes; 32 MiB by default, which is what NVIDIA recommends for Hopper. With 0, only
    /// algorithms without a workspace are used. Each stream that multiplies gets a workspace of its own at its first call,
    /// unless <see cref="Workspace"/> is given.</summary>
    public long WorkspaceBytes { get; init; } = 32 << 20;

    /// <summary>Workspace of the caller, for all streams, whose size comes before <see cref="WorkspaceBytes"/>; null for own
    /// ones. Matmuls that use it in two streams at the same time destroy each other's results.</summary>
    public DeviceBuffer<byte>? Workspace { get; init; }

    /// <summary>Number of shapes whose algorithms are remembered; 256 by default. The one that was used longest ago is dropped
    /// when there are more. <see cref="PreparedMatmul"/> are not counted.</summary>
    public int RememberedShapes { get; init; } = 256;
}
