using System.Numerics;

namespace Fusion.Emulation.Machine;

/// <content>Instructions that lanes do together.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>Makes sure that lanes do an instruction together. If not all have come, those here wait, and the instruction is
    /// run again when the others came.</summary>
    /// <returns>Whether all have come.</returns>
    public bool AwaitLanes(uint mask, uint wanted)
    {
        CheckAmong(mask, wanted);
        var needed = wanted & Live;
        Part(mask);
        if ((mask & needed) != needed) return LetWait();
        SyncCount++;
        return true;
    }

    /// <summary>Makes sure that lanes do an instruction together, of which each names those that it does it with: halves or quarters of
    /// a warp may each have a mask of their own.</summary>
    /// <param name="mask">Lanes that came to the instruction; then those that do it now, whose masks are the same. The others do it
    /// next.</param>
    /// <param name="masks">Slot of the register that has the masks.</param>
    /// <returns>Whether all have come that one of the masks names.</returns>
    public bool AwaitLanes(ref uint mask, int masks)
    {
        var wanted = (uint*)(Registers + masks);
        for (var left = mask; left != 0;)
        {
            var own = wanted[BitOperations.TrailingZeroCount(left)];
            var same = 0u;
            for (var others = left; others != 0; others &= others - 1)
            {
                var lane = BitOperations.TrailingZeroCount(others);
                if (wanted[lane] == own) same |= 1u << lane;
            }

            if (same == mask) return AwaitLanes(mask, own);
            CheckAmong(same, own);
            var needed = own & Live;
            if ((same & needed) == needed)
            {
                Part(mask);
                LetRepeat(mask & ~same);
                SyncCount++;
                mask = same;
                return true;
            }

            left &= ~same;
        }

        Part(mask);
        return LetWait();
    }

    private static void CheckAmong(uint mask, uint wanted)
    {
        if ((mask & wanted) != mask) throw new KernelFaultException(
            FaultKind.IllegalInstruction, "a lane is not among those that its mask names", BitOperations.TrailingZeroCount(mask & ~wanted));
    }

    private bool LetWait()
    {
        Pc--;
        Save();
        groups[current].State = GroupState.AwaitsLanes;
        Interrupt();
        return false;
    }

    // Those lanes do the instruction after the others, which wait for them behind it.
    private void LetRepeat(uint mask)
    {
        groups[count++] = new() { Mask = mask, Pc = Pc - 1 };
        Active &= ~mask;
        Save();
        Interrupt();
    }
}
