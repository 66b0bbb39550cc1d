using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Parameter block of all built-in kernels, laid out as <c>AllReduceParams</c> in
/// kernels/cu/fusion/allreduce/params.cuh, which says what each field is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AllReduceParameters
{
    public Workspaces Workspaces;
    public ulong Input;
    public ulong AllReduceOut;
    public ulong Residual;
    public ulong ResidualOut;
    public ulong Gamma;
    public ulong Beta;
    public ulong NormOut;
    public ulong QuantOut;
    public ulong ScaleOut;
    public ulong QuantScale;
    public ulong Status;
    public ulong TimeoutNanoseconds;
    public ulong BufferBytes;
    public ulong SlotBytes;
    public ulong GatherOffset;
    public int Rank;
    public int Ranks;
    public int Tokens;
    public int Hidden;
    public int Norm;
    public int Quantization;
    public int Layout;
    public int GroupSize;
    public int GroupScaleIsUe8m0;
    public float Epsilon;
    public float WeightBias;
    public KernelOverlap Overlap;
    public int FirstRow;
}

/// <summary>Address of each rank's workspace as the launching rank's GPU sees it.</summary>
[InlineArray(Length)]
internal struct Workspaces
{
    public const int Length = KernelLimits.MaxRanks;

    private ulong first;
}

/// <summary>When the next kernel of the stream may start. The numbers are those of params.cuh.</summary>
internal enum KernelOverlap
{
    /// <summary>When this one has ended.</summary>
    None = 0,

    /// <summary>When all ranks have come.</summary>
    OnceAllHaveCome = 1,

    /// <summary>When all blocks of this one have started.</summary>
    AtOnce = 2,
}
