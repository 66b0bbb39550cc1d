using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace Fusion.Interop.Nvtx;

/// <summary>Functions of NVTX, NVIDIA's library by which a program names ranges of time for Nsight Systems.</summary>
/// <remarks>The library stays loaded until the process ends. Its functions do nothing unless a profiler runs the program, and
/// may be called from any thread.</remarks>
public sealed unsafe class NvtxLibrary
{
    private readonly delegate* unmanaged<byte*, nint> domainCreate;
    private readonly delegate* unmanaged<nint, byte*, nint> domainRegisterString;
    private readonly delegate* unmanaged<nint, EventAttributes*, int> domainRangePush;
    private readonly delegate* unmanaged<nint, int> domainRangePop;

    private NvtxLibrary(IExportTable exports)
    {
        domainCreate = (delegate* unmanaged<byte*, nint>)exports.Get("nvtxDomainCreateA");
        domainRegisterString = (delegate* unmanaged<nint, byte*, nint>)exports.Get("nvtxDomainRegisterStringA");
        domainRangePush = (delegate* unmanaged<nint, EventAttributes*, int>)exports.Get("nvtxDomainRangePushEx");
        domainRangePop = (delegate* unmanaged<nint, int>)exports.Get("nvtxDomainRangePop");
    }

    /// <summary>Takes the functions from a table.</summary>
    /// <param name="exports">Table of functions under the names that the library exports.</param>
    /// <exception cref="EntryPointNotFoundException">The table lacks a function.</exception>
    public static NvtxLibrary Of(IExportTable exports)
    {
        ArgumentNullException.ThrowIfNull(exports);
        return new(exports);
    }

    /// <summary>Loads NVTX from where the loader finds it.</summary>
    /// <param name="library">The loaded library.</param>
    /// <param name="failure">Reasons if no library was found, a line for each name.</param>
    /// <returns>Whether a library with all functions was found.</returns>
    public static bool TryLoad([NotNullWhen(true)] out NvtxLibrary? library, [NotNullWhen(false)] out string? failure) =>
        ExportTables.TryLoad(LibraryNames.Nvtx, exports => new(exports), missing => missing, out library, out failure);

    /// <summary>Calls <c>nvtxDomainCreateA</c>, which makes a domain: a row of its own in the profiler.</summary>
    /// <param name="name">Name of the domain.</param>
    /// <returns>Handle of the domain, which lives as long as the process.</returns>
    public nint CreateDomain(string name)
    {
        fixed (byte* p = Text(name)) return domainCreate(p);
    }

    /// <summary>Calls <c>nvtxDomainRegisterStringA</c>, after which ranges name the string by its handle.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="text">The string.</param>
    /// <returns>Handle of the string in the domain.</returns>
    public nint RegisterString(nint domain, string text)
    {
        fixed (byte* p = Text(text)) return domainRegisterString(domain, p);
    }

    /// <summary>Calls <c>nvtxDomainRangePushEx</c>, which begins a range of the calling thread. Allocates nothing.</summary>
    /// <param name="domain">The domain.</param>
    /// <param name="message">Name of the range, from <see cref="RegisterString"/>.</param>
    /// <param name="payload">A number that the profiler shows with the range.</param>
    /// <returns>Depth of the range in the thread, from 0; negative if there is no profiler.</returns>
    public int Push(nint domain, nint message, ulong payload)
    {
        var attributes = new EventAttributes
        {
            Version = EventAttributes.CurrentVersion,
            Size = (ushort)sizeof(EventAttributes),
            PayloadType = EventAttributes.UInt64Payload,
            Payload = payload,
            MessageType = EventAttributes.RegisteredMessage,
            Message = message,
        };
        return domainRangePush(domain, &attributes);
    }

    /// <summary>Calls <c>nvtxDomainRangePop</c>, which ends the thread's innermost range. Allocates nothing.</summary>
    /// <param name="domain">The domain.</param>
    /// <returns>Depth of the range that ended; negative if there is no profiler.</returns>
    public int Pop(nint domain) => domainRangePop(domain);

    private static byte[] Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encoding.ASCII.GetBytes(text + '\0');
    }

    // nvtxEventAttributes_t, of 48 bytes in all versions.
    [StructLayout(LayoutKind.Sequential)]
    private struct EventAttributes
    {
        public const ushort CurrentVersion = 3;
        public const int UInt64Payload = 1;
        public const int RegisteredMessage = 3;

        public ushort Version;
        public ushort Size;
        public uint Category;
        public int ColorType;
        public uint Color;
        public int PayloadType;
        public int Reserved;
        public ulong Payload;
        public int MessageType;
        public nint Message;
    }
}
