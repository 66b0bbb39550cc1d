using Fusion.Interop;
using Fusion.Interop.Nvtx;

namespace Fusion.Runtime;

/// <summary>Ranges of time around launches, for Nsight Systems: docs/observing.md. They are off unless the user asks for
/// them.</summary>
internal sealed class NvtxRanges
{
    /// <summary>Name of the variable of the environment that asks for ranges: 1.</summary>
    public const string Variable = "FUSION_NVTX";

    /// <summary>Name of the switch of <see cref="AppContext"/> that asks for ranges, or forbids them.</summary>
    public const string Switch = "Fusion.Runtime.Nvtx";

    private static NvtxRanges? current = IsWanted(Environment.GetEnvironmentVariable(Variable)) ? Load() : null;

    private readonly NvtxLibrary library;
    private readonly nint domain;

    // A range is named by a handle, so that a launch allocates no text.
    private readonly nint[] names;

    private NvtxRanges(NvtxLibrary library)
    {
        this.library = library;
        domain = library.CreateDomain("Fusion.Runtime");
        names = [.. Enum.GetValues<AllReduceStrategy>()
            .Select(strategy => library.RegisterString(domain, "all-reduce " + AllReduceDispatcher.Name(strategy)))];
    }

    /// <summary>Begins the range of a call that is launched. Allocates nothing.</summary>
    /// <param name="plan">Plan of the call, which names the range and gives its number of tokens.</param>
    /// <returns>The range, to be disposed by the same thread; it is empty where ranges are off.</returns>
    public static NvtxRange Push(AllReducePlan plan)
    {
        if (Volatile.Read(ref current) is not { } ranges) return default;
        ranges.library.Push(ranges.domain, ranges.names[(int)plan.Strategy!.Value], (ulong)plan.Tokens);
        return new(ranges);
    }

    /// <summary>Takes the functions of NVTX from a table.</summary>
    /// <param name="exports">Table of functions; null for no ranges.</param>
    internal static void Use(IExportTable? exports) =>
        Volatile.Write(ref current, exports is null ? null : new(NvtxLibrary.Of(exports)));

    /// <summary>Whether the user asks for ranges.</summary>
    /// <param name="variable">Value of <see cref="Variable"/>.</param>
    internal static bool IsWanted(string? variable) => AppContext.TryGetSwitch(Switch, out var wanted) ? wanted : variable == "1";

    private static NvtxRanges? Load()
    {
        if (NvtxLibrary.TryLoad(out var library, out var failure)) return new(library);
        FusionEventSource.Log.NvtxNotFound(failure);
        return null;
    }

    private void Pop() => library.Pop(domain);

    /// <summary>A range that lasts until it is disposed.</summary>
    internal readonly ref struct NvtxRange(NvtxRanges? ranges)
    {
        public void Dispose() => ranges?.Pop();
    }
}
