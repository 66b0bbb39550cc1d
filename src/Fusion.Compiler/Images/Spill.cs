namespace Fusion.Compiler.Images;

/// <summary>Registers that a kernel keeps in local memory, because it has too few.</summary>
/// <param name="FrameBytes">Bytes of its stack frame, without its arrays.</param>
/// <param name="StoreBytes">Bytes that its instructions store there; null where that cannot be told from accesses to arrays.</param>
/// <param name="LoadBytes">Bytes that they load from there.</param>
internal sealed record Spill(int FrameBytes, int? StoreBytes, int? LoadBytes)
{
    // ptxas aligns a frame's parts to as much.
    private const int FrameAlignment = 16;

    /// <summary>The spill of a kernel. A cubin does not tell it from arrays in local memory, so the PTX says which arrays there
    /// are.</summary>
    /// <param name="ptx">The kernel in the PTX.</param>
    /// <param name="cubin">The kernel in the cubin made of it.</param>
    /// <returns>Null if it spills nothing.</returns>
    public static Spill? Of(ImageKernel ptx, ImageKernel cubin)
    {
        if (cubin.Code is not { FrameBytes: > 0 } code) return null;
        if (ptx.LocalArrayBytes == 0)
            return code.LocalStoreBytes is null or > 0 ? new Spill(code.FrameBytes, code.LocalStoreBytes, code.LocalLoadBytes) : null;
        var arrays = (ptx.LocalArrayBytes + FrameAlignment - 1) / FrameAlignment * FrameAlignment;
        return code.FrameBytes > arrays ? new Spill(code.FrameBytes - arrays, null, null) : null;
    }
}
