using System.Runtime.InteropServices;
using Fusion.Emulation.Driver;
using Fusion.Emulation.Machine;
using Fusion.Interop.Nccl;
using Fusion.Runtime;

namespace Fusion.Tests.Shared;

/// <summary>What a rank asks NCCL for.</summary>
/// <param name="Function">NCCL's function, without its prefix.</param>
/// <param name="Input">Address of the input.</param>
/// <param name="Output">Address of the output.</param>
/// <param name="Count">Number of elements, as NCCL counts them.</param>
/// <param name="Type">Type of the elements.</param>
internal sealed record AskedOfNccl(string Function, nint Input, nint Output, long Count, NcclDataType Type);

/// <summary>Does the calls of the ranks of <see cref="FakeNccl"/> as NCCL does: in the streams of emulated GPUs, where each call waits until
/// those of all ranks are there, or its communicator is aborted. Sums are made from the last rank to the first, which is not Fusion's order.</summary>
internal sealed unsafe class MeetingRanks
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, Communicator> communicators = [];
    private readonly Dictionary<(int Generation, long Number), Meeting> meetings = [];

    /// <summary>Adds a rank's communicator.</summary>
    /// <param name="handle">Its handle.</param>
    /// <param name="generation">The same number for the communicators of all ranks that meet.</param>
    /// <param name="rank">Index of the rank.</param>
    /// <param name="ranks">World size.</param>
    public void Add(nint handle, int generation, int rank, int ranks)
    {
        lock (gate) communicators[handle] = new(generation, rank, ranks);
    }

    /// <summary>Ends the calls of a communicator that wait, and all later ones at once, without data.</summary>
    /// <param name="handle">Handle of the communicator.</param>
    public void Abort(nint handle)
    {
        Occurrence[] ending;
        lock (gate)
        {
            if (!communicators.TryGetValue(handle, out var found)) return;
            found.IsAborted = true;
            ending = [.. meetings.Values.Where(meeting => meeting.Generation == found.Generation).Select(meeting => meeting.Leave(found.Rank)).OfType<Occurrence>()];
        }

        foreach (var one in ending) one.Happen();
    }

    /// <summary>Enqueues a rank's call in its stream, or records it.</summary>
    /// <param name="handle">Handle of the rank's communicator.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="asked">The call.</param>
    /// <returns>Whether it was recorded.</returns>
    public bool Enqueue(nint handle, nint stream, AskedOfNccl asked)
    {
        var queue = DriverState.Current.Stream(stream)!;
        var item = new Item(this, communicators[handle], asked);
        if (queue.Recording is { } recording) recording.Add(queue, item);
        else queue.Add(item);
        return queue.Recording is not null;
    }

    private Occurrence? Come(Communicator communicator, AskedOfNccl asked)
    {
        Meeting meeting;
        Occurrence own;
        lock (gate)
        {
            if (communicator.IsAborted) return null;
            var key = (communicator.Generation, communicator.Calls++);
            if (!meetings.TryGetValue(key, out meeting!)) meetings[key] = meeting = new(communicator.Generation, communicator.Ranks);
            own = meeting.Come(communicator.Rank, asked);
            if (!meeting.IsComplete) return own;
            meetings.Remove(key);
            meeting.Do();
        }

        meeting.End();
        return own;
    }

    private sealed class Item(MeetingRanks ranks, Communicator communicator, AskedOfNccl asked) : StreamItem
    {
        // It is no copy or kernel, whose order with others is looked at.
        public override bool IsEvent => true;

        public override IRunning? Start(StreamQueue stream)
        {
            var running = ranks.Come(communicator, asked);
            running?.Then(stream.Wake);
            return running;
        }
    }

    private sealed record Communicator(int Generation, int Rank, int Ranks)
    {
        public long Calls { get; set; }

        public bool IsAborted { get; set; }
    }

    private sealed class Meeting(int generation, int ranks)
    {
        private readonly (AskedOfNccl Asked, Occurrence Running)?[] calls = new (AskedOfNccl, Occurrence)?[ranks];
        private bool isDead;

        public int Generation => generation;

        // Calls that do not fit together wait for each other, as NCCL's may.
        public bool IsComplete => !isDead && Array.TrueForAll(calls, call => call is not null) &&
            calls.Select(call => call!.Value.Asked).DistinctBy(asked => (asked.Function, asked.Count, asked.Type)).Count() == 1;

        public Occurrence Come(int rank, AskedOfNccl asked)
        {
            var running = new Occurrence();
            calls[rank] = (asked, running);
            return running;
        }

        public Occurrence? Leave(int rank)
        {
            isDead = true;
            return calls[rank]?.Running;
        }

        public void End()
        {
            foreach (var call in calls) call!.Value.Running.Happen();
        }

        public void Do()
        {
            var all = calls.Select(call => call!.Value.Asked).ToArray();
            if (all[0].Function == "AllGather")
            {
                var parts = all.Select(one => new ReadOnlySpan<byte>((void*)one.Input, (int)one.Count).ToArray()).ToArray();
                foreach (var one in all) Write(one.Output, [.. parts.SelectMany(part => part)]);
                return;
            }

            var elements = (int)all[0].Count * (all[0].Function == "ReduceScatter" ? ranks : 1);
            var sums = new float[elements];
            for (var rank = ranks - 1; rank >= 0; rank--)
            {
                for (var i = 0; i < elements; i++) sums[i] = rank == ranks - 1 ? Read(all[rank], i) : sums[i] + Read(all[rank], i);
            }

            for (var rank = 0; rank < ranks; rank++)
            {
                var part = all[rank].Function == "ReduceScatter" ? sums.AsSpan(rank * (int)all[rank].Count, (int)all[rank].Count) : sums;
                Write(all[rank].Output, Bytes(part, all[rank].Type));
            }
        }

        private static float Read(AskedOfNccl asked, int i) => asked.Type switch
        {
            NcclDataType.F32 => ((float*)asked.Input)[i],
            NcclDataType.F16 => (float)((Half*)asked.Input)[i],
            _ => (float)((BFloat16*)asked.Input)[i],
        };

        private static byte[] Bytes(ReadOnlySpan<float> numbers, NcclDataType type) => type switch
        {
            NcclDataType.F32 => MemoryMarshal.AsBytes(numbers).ToArray(),
            NcclDataType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(numbers.ToArray(), number => (Half)number)).ToArray(),
            _ => MemoryMarshal.AsBytes<BFloat16>(Array.ConvertAll(numbers.ToArray(), number => (BFloat16)number)).ToArray(),
        };

        // Emulated memory is at its address.
        private static void Write(nint address, byte[] bytes)
        {
            bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
            DriverState.Current.Machine.Memory.FindLive((ulong)address, (ulong)bytes.Length)!.MarkWritten((ulong)address, (ulong)bytes.Length);
        }
    }
}
