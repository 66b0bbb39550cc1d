using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Configuration of a kernel's launch (<c>CUlaunchConfig</c>, 56 bytes).</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
public unsafe struct LaunchConfig
{
    /// <summary>Number of blocks along x.</summary>
    [FieldOffset(0)] public uint GridX;

    /// <summary>Number of blocks along y.</summary>
    [FieldOffset(4)] public uint GridY;

    /// <summary>Number of blocks along z.</summary>
    [FieldOffset(8)] public uint GridZ;

    /// <summary>Number of threads of a block along x.</summary>
    [FieldOffset(12)] public uint BlockX;

    /// <summary>Number of threads of a block along y.</summary>
    [FieldOffset(16)] public uint BlockY;

    /// <summary>Number of threads of a block along z.</summary>
    [FieldOffset(20)] public uint BlockZ;

    /// <summary>Dynamic shared memory of a block in bytes.</summary>
    [FieldOffset(24)] public uint SharedBytes;

    /// <summary>Handle of the stream.</summary>
    [FieldOffset(32)] public nint Stream;

    /// <summary>Pointer to the attributes of the launch.</summary>
    [FieldOffset(40)] public LaunchOption* Options;

    /// <summary>Number of attributes.</summary>
    [FieldOffset(48)] public uint OptionCount;
}
