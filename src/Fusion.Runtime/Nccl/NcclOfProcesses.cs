using System.Globalization;
using System.Text;
using Fusion.Interop.Nccl;

namespace Fusion.Runtime;

/// <summary>Connects a process's rank to those of other processes by NCCL. Either all ranks are connected or none, and all hear why.</summary>
internal static class NcclOfProcesses
{
    // A process that ends is heard of within a second.
    private static readonly TimeSpan UntilTheGroupHears = TimeSpan.FromSeconds(1);

    /// <summary>Connects the rank. Each wait has an end: the time of the group's connection, or a rank that is gone.</summary>
    /// <param name="group">The group, of which this process has one rank.</param>
    /// <param name="connection">Its connection.</param>
    /// <param name="name">Name of the steps.</param>
    /// <param name="load">Loads NCCL.</param>
    /// <param name="members">Ranks that the communicator connects, in order, this process's among them; null for all. Each rank of the group is
    /// among those of one communicator.</param>
    /// <returns>NCCL, and the rank's communicator, which does not block.</returns>
    /// <exception cref="NcclException">NCCL is missing, too old, or of another version in a process, or cannot connect the ranks.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static (NcclLibrary Nccl, nint Communicator) Connect(
        RankGroup group, IGroupConnection connection, string name, Func<NcclLibrary> load, int[]? members = null)
    {
        var rank = group.LocalRanks[0];
        members ??= [.. Enumerable.Range(0, group.WorldSize)];
        NcclLibrary? nccl = null;
        var id = new byte[NcclLibrary.UniqueIdBytes];
        var said = Agree(connection, $"{name}: id", () =>
        {
            nccl = load();
            if (!nccl.HasRanksOfProcesses)
                throw new NcclException($"NCCL {nccl.Version} cannot wait for other processes with an end; that came with 2.14. Install a newer one.");
            if (rank.Index == members[0]) NcclException.ThrowIfFailed(nccl, nccl.GetUniqueId(id), "ncclGetUniqueId");
            return [.. Encoding.ASCII.GetBytes($"{nccl.Version}".PadRight(16)), .. id];
        });
        var versions = said.Select(part => Encoding.ASCII.GetString(part, 0, 16).TrimEnd()).ToArray();
        if (Array.FindIndex(versions, version => version != versions[0]) is var other and > 0)
            throw new NcclException($"Rank 0 has NCCL {versions[0]}, but rank {other} has {versions[other]}. Give all processes the same library.");

        nint communicator = 0;
        try
        {
            Agree(connection, $"{name}: ranks", () =>
            {
                rank.Context!.MakeCurrent();
                var made = nccl!.InitializeRank(members.Length, said[members[0]].AsSpan(16), Array.IndexOf(members, rank.Index), out communicator);
                NcclException.ThrowIfFailed(nccl, made, "ncclCommInitRankConfig");
                Wait(nccl, communicator, connection.Timeout, connection, "to connect the ranks");
                return [];
            });
            return (nccl!, communicator);
        }
        catch
        {
            if (communicator != 0) _ = nccl!.Abort(communicator);
            throw;
        }
    }

    /// <summary>Throws if a function of NCCL failed. NCCL may see that a process has ended before the group does, and knows no rank: so a failure
    /// that may come of that is held back until the group has had the time to hear of it.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="result">What the function returned.</param>
    /// <param name="function">Name of the function.</param>
    /// <param name="connection">Connection whose ranks must be there.</param>
    /// <exception cref="NcclException">It failed.</exception>
    /// <exception cref="PeerGoneException">It failed, and a rank is gone.</exception>
    public static void ThrowIfFailed(NcclLibrary nccl, NcclResult result, string function, IGroupConnection connection)
    {
        if (result is NcclResult.RemoteError or NcclResult.SystemError or NcclResult.InternalError)
        {
            SpinWait.SpinUntil(() => connection.Gone is not null, UntilTheGroupHears);
            if (connection.Gone is { } gone) throw gone.CopyForThread();
        }

        NcclException.ThrowIfFailed(nccl, result, function);
    }

    /// <summary>Waits until a communicator has done what it began.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="communicator">The communicator.</param>
    /// <param name="timeout">Longest time.</param>
    /// <param name="connection">Connection whose ranks must be there.</param>
    /// <param name="purpose">What it began, behind "waited …".</param>
    /// <exception cref="NcclException">It failed, or is not done in time.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static void Wait(NcclLibrary nccl, nint communicator, TimeSpan timeout, IGroupConnection connection, string purpose)
    {
        if (!TryWait(nccl, communicator, timeout, connection)) throw TookTooLong(nccl, timeout, purpose);
    }

    /// <summary>Makes the error of what NCCL did not do in time.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="timeout">Time that it had.</param>
    /// <param name="purpose">What it began, behind "waited …".</param>
    public static NcclException TookTooLong(NcclLibrary nccl, TimeSpan timeout, string purpose) => new(string.Create(CultureInfo.InvariantCulture,
        $"NCCL {nccl.Version} waited {timeout.TotalSeconds:0.###} s {purpose}. Start all processes with NCCL_DEBUG=INFO to see for what."));

    /// <summary>Waits until a communicator has done what it began.</summary>
    /// <param name="nccl">NCCL.</param>
    /// <param name="communicator">The communicator.</param>
    /// <param name="timeout">Longest time.</param>
    /// <param name="connection">Connection whose ranks must be there.</param>
    /// <returns>Whether it is done in time.</returns>
    /// <exception cref="NcclException">It failed.</exception>
    /// <exception cref="PeerGoneException">A rank is gone.</exception>
    public static bool TryWait(NcclLibrary nccl, nint communicator, TimeSpan timeout, IGroupConnection connection)
    {
        const int SpinsBeforeSleep = 1000;
        var end = Deadline.After(timeout);
        var pause = default(SpinWait);
        while (true)
        {
            ThrowIfFailed(nccl, nccl.GetAsyncError(communicator, out var state), "ncclCommGetAsyncError", connection);
            ThrowIfFailed(nccl, state, "a call", connection);
            if (state != NcclResult.InProgress) return true;
            if (connection.Gone is { } gone) throw gone.CopyForThread();
            if (end.IsOver) return false;
            // A launch takes microseconds, to connect takes seconds.
            pause.SpinOnce(SpinsBeforeSleep);
        }
    }

    // A rank that fails says so to the others, which then fail too.
    private static byte[][] Agree(IGroupConnection connection, string step, Func<byte[]> part)
    {
        NcclException? own = null;
        byte[] message;
        try
        {
            message = [0, .. part()];
        }
        catch (NcclException e)
        {
            own = e;
            var words = Encoding.UTF8.GetBytes(e.Message[(e.Code.Length + 2)..]);
            message = [1, .. words.AsSpan(0, Math.Min(words.Length, 4096))];
        }

        var all = connection.Gather(step, message);
        if (own is not null) throw own;
        var failed = Array.FindIndex(all, one => one is not [0, ..]);
        return failed < 0 ? [.. all.Select(one => one[1..])]
            : throw new NcclException($"Rank {failed} cannot take part in NCCL's sums: {(all[failed].Length > 1 ? Encoding.UTF8.GetString(all[failed].AsSpan(1)) : "it said nothing.")}");
    }
}
