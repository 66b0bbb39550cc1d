namespace Fusion.Emulation.Machine;

/// <summary>A call that a lane has not come back from.</summary>
/// <param name="ReturnTo">Number of the instruction behind the call.</param>
/// <param name="Call">The call.</param>
/// <param name="Callee">What was called.</param>
/// <param name="Saved">What the callee's registers had before.</param>
internal sealed record CallFrame(int ReturnTo, Ops.CallFunction Call, Ops.Callee Callee, byte[] Saved);

/// <summary>Calls of the lanes of a warp, and the ends of their stacks in local memory.</summary>
internal sealed class CallStack
{
    private readonly Stack<CallFrame>[] frames = new Stack<CallFrame>[32];
    private readonly int[] tops = new int[32];

    public CallStack(int start)
    {
        for (var i = 0; i < 32; i++) (frames[i], tops[i]) = (new(), start);
    }

    /// <summary>Makes room for a call.</summary>
    /// <returns>Offset in the local memory; -1 if there is no room.</returns>
    public int Push(int lane, CallFrame frame, int end)
    {
        var start = tops[lane];
        if (start + frame.Callee.FrameBytes > end) return -1;
        tops[lane] += frame.Callee.FrameBytes;
        frames[lane].Push(frame);
        return start;
    }

    public CallFrame Pop(int lane)
    {
        var frame = frames[lane].Pop();
        tops[lane] -= frame.Callee.FrameBytes;
        return frame;
    }

    /// <summary>Offset of what the callee of the last call has.</summary>
    public int Top(int lane) => tops[lane] - frames[lane].Peek().Callee.FrameBytes;

    public int Depth(int lane) => frames[lane].Count;
}
