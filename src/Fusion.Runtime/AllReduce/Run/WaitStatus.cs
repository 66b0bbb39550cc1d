using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>What a kernel that gave up tells the host, and the host's word that all shall give up: host memory that the GPU
/// sees, laid out as <c>WaitStatus</c> in kernels/cu/fusion/comm/wait.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WaitStatus
{
    /// <summary>The <see cref="Step"/> in which a rank waits for what a peer makes of all ranks' data.</summary>
    public const int Sum = 3;

    /// <summary>Not 0: a kernel gave up, and the fields below say why. Written last.</summary>
    public int Failed;

    /// <summary>The rank that was waited for.</summary>
    public int Peer;

    /// <summary>What was waited for: 1 one-shot, 2 two-shot's scatter, 3 two-shot's gather.</summary>
    public int Step;

    /// <summary>The token whose data did not come.</summary>
    public int Token;

    /// <summary>Number of the call since the workspace was last reset.</summary>
    public int Call;

    /// <summary>Not 0: the host wants every kernel that waits to give up.</summary>
    public int Poison;
}
