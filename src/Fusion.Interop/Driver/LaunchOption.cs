using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>An attribute of a launch (<c>CUlaunchAttribute</c>, 72 bytes: the value, a union, starts at 8).</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public readonly struct LaunchOption
{
    private const int ClusterDimension = 4;
    private const int ProgrammaticStreamSerialization = 6;

    [FieldOffset(0)] private readonly int id;
    [FieldOffset(8)] private readonly uint x;
    [FieldOffset(12)] private readonly uint y;
    [FieldOffset(16)] private readonly uint z;

    private LaunchOption(int id, uint x, uint y, uint z)
    {
        this.id = id;
        this.x = x;
        this.y = y;
        this.z = z;
    }

    /// <summary>Whether the kernel may start before the one ahead of it in the stream has ended.</summary>
    public static LaunchOption ProgrammaticLaunch { get; } = new(ProgrammaticStreamSerialization, 1, 0, 0);

    /// <summary>How many blocks form a cluster.</summary>
    /// <param name="x">Blocks along x.</param>
    /// <param name="y">Blocks along y.</param>
    /// <param name="z">Blocks along z.</param>
    public static LaunchOption Cluster(uint x, uint y, uint z) => new(ClusterDimension, x, y, z);
}
