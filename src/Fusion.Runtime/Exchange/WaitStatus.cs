using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Report of a kernel that gave up to the host, and the host's request that kernels give up, in host memory mapped
/// into the GPU; laid out as <c>WaitStatus</c> in kernels/cu/fusion/comm/wait.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WaitStatus
{
    /// <summary>Value of <see cref="Step"/> where a rank on the CPU waited for a launch.</summary>
    public const int LaunchStep = 0;

    /// <summary>Value of <see cref="Step"/> where a rank waits for what a peer has when it starts.</summary>
    public const int InputStep = 1;

    /// <summary>Value of <see cref="Step"/> for two-shot's gather, in which a rank waits for the sum that a peer makes of
    /// all ranks' data.</summary>
    public const int GatherStep = 3;

    /// <summary>Value of <see cref="Step"/> where NCCL's kernel waited for others longer than the operation's timeout.</summary>
    public const int LibraryStep = 4;

    /// <summary>Value of <see cref="Step"/> for a sum of NCCL that was aborted.</summary>
    public const int AbortedStep = 5;

    /// <summary>Value of <see cref="Step"/> for a sum of several machines that lacks data for which a rank of another machine waited in
    /// vain.</summary>
    public const int MachinesStep = 6;

    /// <summary>Value of <see cref="Step"/> where a call of NCCL that a CUDA graph replayed waited for others longer than the operation's timeout.</summary>
    public const int ReplayStep = 7;

    /// <summary>Not 0 if a kernel gave up; the fields below then say why. Kernels write it last.</summary>
    public int Failed;

    /// <summary>Index of the rank that was waited for; -1 if it may be any other one.</summary>
    public int Peer;

    /// <summary>Step in which the kernel waited: 1 for one-shot, 2 for two-shot's scatter, 3 for two-shot's
    /// gather.</summary>
    public int Step;

    /// <summary>Index of the token whose data did not come; -1 where a call waits as a whole.</summary>
    public int Token;

    /// <summary>Index of the call since the workspace was last reset.</summary>
    public int Call;

    /// <summary>Not 0 if the host asks every waiting kernel to give up.</summary>
    public int Poison;
}
