using Fusion.Interop.Driver;

namespace Fusion.Runtime;

/// <summary>Peer access between GPUs: whether one can use another one's memory.</summary>
internal static unsafe class PeerAccess
{
    private const int ProbeBytes = 4096;

    /// <summary>Enables a GPU to use another one's memory, and checks that bytes arrive.</summary>
    /// <param name="from">The GPU that is to read and write.</param>
    /// <param name="to">The GPU that has the memory.</param>
    /// <exception cref="RankGroupException">The driver denies peer access.</exception>
    /// <exception cref="RankGroupException">The driver claims peer access, but bytes do not arrive.</exception>
    /// <exception cref="GpuException">The driver reports another error.</exception>
    public static void Establish(GpuContext from, GpuContext to)
    {
        if (!from.Device.CanAccessPeer(to.Device))
        {
            throw GroupErrors.NoPeerAccess(from.Device.ToString(), to.Device.ToString());
        }

        from.MakeCurrent();
        var result = GpuDriver.Library.Peer.Enable(to.Handle);
        if (result != CudaResult.PeerAccessAlreadyEnabled) GpuDriver.Check(result, "cuCtxEnablePeerAccess");
        CheckByteTransfer(from, to);
    }

    // Two different values: memory may by chance hold one of them already.
    private static void CheckByteTransfer(GpuContext from, GpuContext to)
    {
        using var memory = new DeviceBuffer<byte>(to, ProbeBytes);
        foreach (var value in new byte[] { 0x5A, 0xC3 })
        {
            memory.FillBytes(0);
            // A fill by `from` of memory of `to` goes the way of a kernel's stores, without copy engine or staging in the
            // host.
            from.MakeCurrent();
            GpuDriver.Check(
                GpuDriver.Library.Memory.Fill(memory.Pointer.Address, value, ProbeBytes, from.Copies.Handle), "cuMemsetD8Async");
            from.Copies.Synchronize();
            Compare(from, to, value, from);
            Compare(from, to, value, to);
        }

        void Compare(GpuContext writer, GpuContext owner, byte expected, GpuContext reader)
        {
            var bytes = new byte[ProbeBytes];
            reader.MakeCurrent();
            fixed (byte* p = bytes)
            {
                GpuDriver.Check(
                    GpuDriver.Library.Memory.CopyToHost(p, memory.Pointer.Address, ProbeBytes, reader.Copies.Handle), "cuMemcpyDtoHAsync");
                reader.Copies.Synchronize();
            }

            if (Array.FindIndex(bytes, b => b != expected) is var wrong and >= 0)
            {
                throw GroupErrors.PeerCheck(
                    writer.Device.ToString(), owner.Device.ToString(), expected, bytes[wrong], $"GPU {reader.Device.Ordinal}");
            }
        }
    }
}
