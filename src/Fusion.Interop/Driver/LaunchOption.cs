using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Attribute of a launch (<c>CUlaunchAttribute</c>, 72 bytes; the value, a union, starts at byte 8).</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
public readonly struct LaunchOption
{
    private const int CooperativeLaunch = 2;
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

    /// <summary>Attribute that makes all blocks resident at the same time.</summary>
    public static LaunchOption Cooperative { get; } = new(CooperativeLaunch, 1, 0, 0);

    /// <summary>Attribute that lets the kernel start before the previous one in the stream has ended (PDL, programmatic
    /// dependent launch).</summary>
    public static LaunchOption ProgrammaticLaunch { get; } = new(ProgrammaticStreamSerialization, 1, 0, 0);

    /// <summary>Makes the attribute that sets the number of blocks in a cluster.</summary>
    /// <param name="x">Number of blocks along x.</param>
    /// <param name="y">Number of blocks along y.</param>
    /// <param name="z">Number of blocks along z.</param>
    public static LaunchOption Cluster(uint x, uint y, uint z) => new(ClusterDimension, x, y, z);
}
