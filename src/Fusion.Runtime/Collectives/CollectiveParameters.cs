using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Parameter block of the collectives' kernels, laid out as <c>CollectiveParams</c> in
/// kernels/cu/fusion/collectives/params.cuh, which says what each field is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CollectiveParameters
{
    public Workspaces Workspaces;
    public ulong Input;
    public ulong Output;
    public ulong Indices;
    public ulong Status;
    public ulong TimeoutNanoseconds;
    public ulong BufferBytes;
    public ulong SlotBytes;
    public long First;
    public long Count;
    public long PartOctets;
    public long RowOctets;
    public int Rank;
    public int Ranks;
    public int Choices;
    public int Step;
}
