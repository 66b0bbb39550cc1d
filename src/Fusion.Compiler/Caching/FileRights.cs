using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fusion.Compiler.Caching;

/// <summary>Who owns a file or folder of Linux, and who may write to it. .NET tells the mode, but not the owner.</summary>
/// <param name="Owner">Number of the user.</param>
/// <param name="Mode">The mode.</param>
internal readonly partial record struct FileRights(uint Owner, UnixFileMode Mode)
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // struct statx of <linux/stat.h>, which is the same on every architecture.
    private const int StatSize = 256;
    private const int OwnerAt = 20;
    private const int ModeAt = 28;
    private const int ModeBits = 0xfff;
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Number of the user of this process.</summary>
    public static uint CurrentUser => GetEffectiveUser();

    /// <summary>Whether another user than the owner may write to it.</summary>
    public bool MayOthersWrite => (Mode & OthersWrite) != 0;

    /// <summary>Whether only the owner of what is in a folder may rename or delete it, as in <c>/tmp</c>.</summary>
    public bool IsSticky => (Mode & UnixFileMode.StickyBit) != 0;

    /// <summary>The rights of a file or folder, by the target of a link.</summary>
    /// <param name="path">Full path.</param>
    /// <returns>Null if it is not there, or the system does not tell.</returns>
    public static FileRights? Of(string path)
    {
        var stat = new byte[StatSize];
        try
        {
            if (GetStatus(CurrentFolder, path, 0, BasicStats, stat) != 0) return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(stat.AsSpan(ModeAt)) & ModeBits;
        return new FileRights(BinaryPrimitives.ReadUInt32LittleEndian(stat.AsSpan(OwnerAt)), (UnixFileMode)mode);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int folder, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
