using Fusion.Emulation.Machine;

namespace Fusion.Emulation;

/// <summary>Use of a run of memory by a copy.</summary>
/// <param name="Start">First byte, counted in the allocation.</param>
/// <param name="Bytes">Number of bytes.</param>
/// <param name="IsWrite">Whether the copy writes them.</param>
/// <param name="Work">The copy's place in the order of the streams.</param>
/// <param name="What">What the copy is, for messages.</param>
internal sealed record CopyUse(ulong Start, ulong Bytes, bool IsWrite, Work Work, string What)
{
    public bool Meets(ulong start, ulong bytes, bool isWrite) => (IsWrite || isWrite) && start < Start + Bytes && Start < start + bytes;
}

/// <summary>Uses of an allocation by copies that the host may not have waited for.</summary>
internal sealed class CopyUses
{
    private const int Most = 64;

    private volatile CopyUse[] all = [];

    /// <summary>All uses, in an array that is replaced when there is another one.</summary>
    public CopyUse[] All => all;

    /// <summary>Finds the uses that nothing orders with some work.</summary>
    public static CopyUse[] UnorderedWith(Work work, CopyUse[] all) => all.Length == 0 ? [] : [.. all.Where(use => !use.Work.IsOrderedWith(work))];

    public void Add(CopyUse use) => all = [.. all.TakeLast(Most - 1), use];

    public void Clear() => all = [];
}

/// <summary>Compares what a copy uses with what kernels and other copies did and nothing orders with it.</summary>
internal static class CopyChecks
{
    /// <summary>Does what is to be done when a copy starts.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static KernelFault? Note(WorkOrder order, Work work, Allocation allocation, ulong address, ulong bytes, bool isWrite, string what)
    {
        var use = new CopyUse(address - allocation.Start, bytes, isWrite, work, what);
        var before = allocation.Copies is { } copies ? order.Note(copies, use) : [];
        return Array.Find(CopyUses.UnorderedWith(work, before), one => one.Meets(use.Start, bytes, isWrite)) is { } other
            ? Fault(use, allocation, "", -1, default, $"{other.What} {(other.IsWrite ? "writes" : "reads")}", "that copy")
            : allocation.Marks is { } marks ? FindKernel(marks, allocation, use, order.UnorderedWith(work)) : null;
    }

    public static string WhatIsMissing(string whom) =>
        $"and nothing makes the one wait for the other: synchronize with the stream of {whom} (GpuStream.Synchronize) before the copy is enqueued, let the " +
        "copy's stream wait for an event that is recorded there, or copy in the same stream";

    private static KernelFault? FindKernel(MemoryMarks marks, Allocation allocation, CopyUse use, Dictionary<int, Work> launches)
    {
        if (launches.Count == 0) return null;
        foreach (var (word, mark) in marks.Between(use.Start, use.Start + use.Bytes))
        {
            if (Find(mark.Write, word) is { } writer) return OfKernel(writer, mark.Write, "wrote");
            if (use.IsWrite && Find(mark.Read, word) is { } reader) return OfKernel(reader, mark.Read, "read");
        }

        return null;

        Work? Find(in MemoryUse one, ulong word)
        {
            if (one.Launch == 0 || !launches.TryGetValue(one.Launch, out var kernel) || (one.Bytes & BytesOf(use, word)) == 0) return null;
            // Another kernel, behind which the copy comes, may have learned that the bytes are there.
            return kernel.Order?.HasCommunicated(one.Block, one.At) == true ? null : kernel;
        }

        KernelFault OfKernel(Work kernel, in MemoryUse one, string did)
        {
            var origin = kernel.Code!.Origins[one.Pc];
            return Fault(
                use, allocation, kernel.Code.Name, origin.Line, origin.Source,
                $"the kernel '{kernel.Code.Name}' {did} ('{origin.Text}' in line {origin.Line} of the PTX{(origin.Source is null ? "" : $", {origin.Source}")})", "the kernel");
        }
    }

    private static byte BytesOf(CopyUse use, ulong word)
    {
        var bits = 0;
        for (var i = 0; i < MemoryMarks.Word; i++)
            if ((word * MemoryMarks.Word) + (ulong)i is var at && at >= use.Start && at < use.Start + use.Bytes) bits |= 1 << i;
        return (byte)bits;
    }

    private static KernelFault Fault(CopyUse use, Allocation allocation, string kernel, int line, object? source, string whom, string waitsFor) => new(
        FaultKind.MissingSynchronization,
        $"{EmulatorErrorCodes.MissingSynchronization}: {use.What} {(use.IsWrite ? "writes" : "reads")} {allocation}, which {whom}, {WhatIsMissing(waitsFor)}",
        kernel, allocation.Gpu, default, null, allocation.Start + use.Start, line, source?.ToString());
}
