namespace Fusion.Emulation.Machine;

/// <summary>A mistake of a kernel, found by a lane in the middle of an instruction.</summary>
internal sealed class KernelFaultException(FaultKind kind, string text, int lane = -1, ulong address = 0) : Exception(text)
{
    public FaultKind Kind { get; } = kind;

    /// <summary>Lane of the warp; -1 if the mistake is of no single one.</summary>
    public int Lane { get; } = lane;

    public ulong Address { get; } = address;
}
