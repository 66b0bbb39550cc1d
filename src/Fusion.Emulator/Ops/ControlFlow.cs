using System.Numerics;
using Fusion.Emulation.Machine;

namespace Fusion.Emulation.Ops;

/// <summary>Jumps.</summary>
internal sealed class JumpTo(int target) : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Jump(target, mask);
}

/// <summary>Jumps to a target that each lane chooses.</summary>
internal sealed unsafe class JumpByTable(int index, int[] targets) : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
        var values = (uint*)(warp.Registers + index);
        while (mask != 0)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            var value = values[lane];
            if (value >= (uint)targets.Length) throw new KernelFaultException(
                FaultKind.IllegalInstruction, $"entry {value} of a table of {targets.Length} targets", lane);
            var same = 0u;
            for (var left = mask; left != 0; left &= left - 1)
            {
                var other = BitOperations.TrailingZeroCount(left);
                if (values[other] == value) same |= 1u << other;
            }

            mask &= ~same;
            warp.Jump(targets[value], same);
        }
    }
}

/// <summary>Ends threads.</summary>
internal sealed class EndThreads : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Exit(mask);
}

/// <summary>Does nothing: a hint, or an order that the emulator keeps anyway.</summary>
internal sealed class Nothing : Instruction
{
    public override void Run(Warp warp, uint mask)
    {
    }
}

/// <summary>Lets others run.</summary>
internal sealed class Pause : Instruction
{
    public override void Run(Warp warp, uint mask) => warp.Yield(again: false);
}

/// <summary>Stops the kernel.</summary>
internal sealed class TrapThread : Instruction
{
    public override void Run(Warp warp, uint mask) =>
        throw new KernelFaultException(FaultKind.Trap, "it ran into a trap", BitOperations.TrailingZeroCount(mask));
}
