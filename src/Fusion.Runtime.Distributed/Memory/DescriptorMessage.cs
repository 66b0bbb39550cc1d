using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fusion.Runtime.Distributed.Memory;

/// <summary>A message of one byte with one file descriptor, which the kernel duplicates into the process that receives
/// it.</summary>
internal static unsafe class DescriptorMessage
{
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x40000000;
    private const int ControlTruncated = 8;
    private const int ConnectionReset = 104;

    /// <summary>Sends a descriptor without waiting.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="descriptor">The descriptor, which is left open.</param>
    /// <returns>Whether the message was sent; false if the peer is gone or does not read.</returns>
    public static bool TrySend(SafeHandle socket, SafeFileHandle descriptor)
    {
        var isKept = false;
        try
        {
            descriptor.DangerousAddRef(ref isKept);
            byte payload = 1;
            var vector = new IoVector { Start = &payload, Bytes = 1 };
            var control = new RightsMessage { Bytes = RightsMessage.Length, Level = SocketLevel, Type = Rights, Descriptor = (int)descriptor.DangerousGetHandle() };
            var message = Header(&vector, &control);
            return LinuxCalls.Send(socket, &message, DontWait | NoSignal) == 1;
        }
        finally
        {
            if (isKept) descriptor.DangerousRelease();
        }
    }

    /// <summary>Receives a descriptor that has arrived, without waiting.</summary>
    /// <param name="socket">A connected Unix socket, from which bytes can be read.</param>
    /// <param name="isReset">Whether the peer closed the connection without reading what was sent to it.</param>
    /// <returns>The descriptor; null if the peer closed the connection or sent something else.</returns>
    public static SafeFileHandle? TryReceive(SafeHandle socket, out bool isReset)
    {
        byte payload = 0;
        var vector = new IoVector { Start = &payload, Bytes = 1 };
        // With room for one, the kernel opens no more in this process.
        var control = default(RightsMessage);
        var message = Header(&vector, &control);
        var received = LinuxCalls.Receive(socket, &message, DontWait | CloseOnExec);
        isReset = received < 0 && Marshal.GetLastPInvokeError() == ConnectionReset;
        if (received < 0 || message.ControlBytes < RightsMessage.Length || control is not { Level: SocketLevel, Type: Rights, Bytes: RightsMessage.Length }) return null;
        var descriptor = new SafeFileHandle(control.Descriptor, ownsHandle: true);
        if (received == 1 && payload == 1 && (message.Flags & ControlTruncated) == 0) return descriptor;
        descriptor.Dispose();
        return null;
    }

    private static MessageHeader Header(IoVector* vector, RightsMessage* control) =>
        new() { Vectors = vector, VectorCount = 1, Control = control, ControlBytes = RightsMessage.Length };

    /// <summary>A <c>cmsghdr</c> with a descriptor behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RightsMessage
    {
        /// <summary>Size of header and descriptor, without what aligns a further header.</summary>
        public const int Length = 20;

        public nuint Bytes;
        public int Level;
        public int Type;
        public int Descriptor;
    }
}

/// <summary>Linux's <c>iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public void* Start;
    public nuint Bytes;
}

/// <summary>Linux's <c>msghdr</c> of 64-bit processes, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameBytes;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlBytes;
    public int Flags;
}
