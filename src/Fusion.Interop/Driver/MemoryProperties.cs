using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Kind and place of memory (<c>CUmemAllocationProp</c>, 32 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryProperties
{
    private const int Pinned = 1;
    private const int PosixDescriptor = 1;

    /// <summary>A <c>CUmemAllocationType</c>: 1 for memory that stays where it is.</summary>
    public int Type { get; set; }

    /// <summary>Bits of <c>CUmemAllocationHandleType</c>: 1 for a POSIX file descriptor.</summary>
    public int HandleTypes { get; set; }

    /// <summary>Place of the memory.</summary>
    public MemoryLocation Location { get; set; }

    /// <summary>Security attributes of Windows.</summary>
    public nint Win32HandleMetaData { get; set; }

    /// <summary>Compression, RDMA and usage, of which nothing is asked for.</summary>
    public ulong Flags { get; set; }

    /// <summary>Describes memory of a device of which a file descriptor can be made.</summary>
    /// <param name="device">The device.</param>
    public static MemoryProperties Shareable(int device) =>
        new() { Type = Pinned, HandleTypes = PosixDescriptor, Location = MemoryLocation.Device(device) };
}

/// <summary>Place of memory (<c>CUmemLocation</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryLocation
{
    private const int DeviceType = 1;

    /// <summary>A <c>CUmemLocationType</c>: 1 for a device.</summary>
    public int Type { get; set; }

    /// <summary>The device.</summary>
    public int Id { get; set; }

    /// <summary>Names a device.</summary>
    /// <param name="device">The device.</param>
    public static MemoryLocation Device(int device) => new() { Type = DeviceType, Id = device };
}

/// <summary>Right of a device to use mapped memory (<c>CUmemAccessDesc</c>, 12 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MemoryAccess
{
    private const int ReadAndWriteFlags = 3;

    /// <summary>The device.</summary>
    public MemoryLocation Location { get; set; }

    /// <summary>A <c>CUmemAccess_flags</c>: 3 for reading and writing.</summary>
    public int Flags { get; set; }

    /// <summary>Lets a device read and write.</summary>
    /// <param name="device">The device.</param>
    public static MemoryAccess ReadAndWrite(int device) => new() { Location = MemoryLocation.Device(device), Flags = ReadAndWriteFlags };
}
