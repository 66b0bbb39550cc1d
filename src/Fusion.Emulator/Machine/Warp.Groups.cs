namespace Fusion.Emulation.Machine;

/// <content>Groups of lanes: which of them runs, and which wait for what.</content>
internal sealed partial class Warp
{
    private enum GroupState
    {
        Runnable, AwaitsLanes, AtBarrier, AtClusterBarrier,
    }

    private void Save()
    {
        if (Active == 0) return;
        groups[current].Pc = Pc;
        groups[current].Mask = Active;
    }

    private void Interrupt() => isInterrupted = true;

    private void RemoveCurrent()
    {
        groups[current] = groups[--count];
        current = -1;
        Interrupt();
    }

    private bool HasRunnable()
    {
        for (var i = 0; i < count; i++)
            if (groups[i].State == GroupState.Runnable) return true;
        return false;
    }

    // Lets groups that met become one, and chooses the one that goes on.
    private bool Select()
    {
        for (var i = 0; i < count; i++)
        {
            for (var j = count - 1; j > i; j--)
            {
                if (groups[j].Pc != groups[i].Pc || !CanMerge(groups[i].State) || !CanMerge(groups[j].State)) continue;
                groups[i].Mask |= groups[j].Mask;
                groups[i].HasTurn |= groups[j].HasTurn;
                // One of them may have to do the instruction for all.
                groups[i].State = GroupState.Runnable;
                groups[j] = groups[--count];
                stepsAlone = 0;
            }
        }

        var best = blocksOfOther > 0 ? TakeTurnOfOther() : -1;
        if (best < 0)
        {
            for (var i = 0; i < count; i++)
                if (groups[i].State == GroupState.Runnable && (best < 0 || groups[i].Pc < groups[best].Pc)) best = i;
            if (best >= 0 && stepsAlone > StepsBeforeOthersRun) best = NextOf(best);
        }

        current = best;
        Active = best < 0 ? 0 : groups[best].Mask;
        Pc = best < 0 ? 0 : groups[best].Pc;
        return best >= 0;
    }

    private int NextOf(int best)
    {
        stepsAlone = 0;
        for (var i = 1; i < count; i++)
        {
            var other = (best + i) % count;
            if (groups[other].State != GroupState.Runnable) continue;
            blocksOfOther = BlocksOfOthers;
            groups[other].HasTurn = true;
            return other;
        }

        return best;
    }

    private int TakeTurnOfOther()
    {
        blocksOfOther--;
        for (var i = 0; i < count; i++)
        {
            if (!groups[i].HasTurn) continue;
            groups[i].HasTurn = blocksOfOther > 0;
            if (groups[i].State == GroupState.Runnable) return i;
        }

        blocksOfOther = 0;
        return -1;
    }

    // Who needs whom is found out again when the instruction is run again.
    private static void Reconsider(ref Group group)
    {
        if (group.State == GroupState.AwaitsLanes) group.State = GroupState.Runnable;
    }

    private static bool CanMerge(GroupState state) => state is GroupState.Runnable or GroupState.AwaitsLanes;

    private struct Group
    {
        public uint Mask;
        public int Pc;
        public GroupState State;
        public int Barrier;
        public bool HasTurn;
    }
}
