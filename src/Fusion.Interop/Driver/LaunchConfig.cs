using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>How a kernel is launched (<c>CUlaunchConfig</c>, 56 bytes).</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
public unsafe struct LaunchConfig
{
    /// <summary>Blocks along x.</summary>
    [FieldOffset(0)] public uint GridX;

    /// <summary>Blocks along y.</summary>
    [FieldOffset(4)] public uint GridY;

    /// <summary>Blocks along z.</summary>
    [FieldOffset(8)] public uint GridZ;

    /// <summary>Threads of a block along x.</summary>
    [FieldOffset(12)] public uint BlockX;

    /// <summary>Threads of a block along y.</summary>
    [FieldOffset(16)] public uint BlockY;

    /// <summary>Threads of a block along z.</summary>
    [FieldOffset(20)] public uint BlockZ;

    /// <summary>Dynamic shared memory of a block in bytes.</summary>
    [FieldOffset(24)] public uint SharedBytes;

    /// <summary>The stream.</summary>
    [FieldOffset(32)] public nint Stream;

    /// <summary>The attributes of the launch.</summary>
    [FieldOffset(40)] public LaunchOption* Options;

    /// <summary>How many attributes.</summary>
    [FieldOffset(48)] public uint OptionCount;
}
