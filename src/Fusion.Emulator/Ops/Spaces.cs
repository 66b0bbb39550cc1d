using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>A state space: how a lane's address becomes one of the process.</summary>
internal unsafe interface ISpace
{
    static abstract byte* Find(Warp warp, ulong address, int bytes, int lane, Access access);
}

internal readonly unsafe struct GlobalSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.Global(address, bytes, lane, access);
}

internal readonly unsafe struct SharedSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.SharedMemory(address, bytes, lane, access);
}

internal readonly unsafe struct LocalSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.LocalMemory(address, bytes, lane);
}

internal readonly unsafe struct ParameterSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.Parameter(address, bytes, lane);
}

internal readonly unsafe struct GenericSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.Generic(address, bytes, lane, access);
}

/// <summary>Global memory that does not change while the kernel runs.</summary>
internal readonly unsafe struct ReadOnlySpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) => warp.Global(address, bytes, lane, Access.ReadOnly);
}

/// <summary>Global memory that an access uses with an order or as volatile, so that it races with nothing.</summary>
internal readonly unsafe struct StrongGlobalSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) =>
        warp.Global(address, bytes, lane, access == Access.Write ? Access.AtomicWrite : Access.Atomic);
}

/// <summary>Shared memory that an access uses with an order or as volatile, so that it races with nothing.</summary>
internal readonly unsafe struct StrongSharedSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) =>
        warp.SharedMemory(address, bytes, lane, access == Access.Write ? Access.AtomicWrite : Access.Atomic);
}

/// <summary>Memory that an access uses by a generic address, with an order or as volatile.</summary>
internal readonly unsafe struct StrongGenericSpace : ISpace
{
    public static byte* Find(Warp warp, ulong address, int bytes, int lane, Access access) =>
        warp.Generic(address, bytes, lane, access == Access.Write ? Access.AtomicWrite : Access.Atomic);
}

/// <summary>Address operand of an access: a register or an immediate, and an offset.</summary>
internal readonly unsafe struct AddressOperand(int slot, bool isNarrow, long offset)
{
    public ulong Of(Warp warp, int lane) =>
        (isNarrow ? ((uint*)(warp.Registers + slot))[lane] : ((ulong*)(warp.Registers + slot))[lane]) + (ulong)offset;
}
