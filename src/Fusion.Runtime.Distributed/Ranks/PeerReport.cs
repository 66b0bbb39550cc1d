using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>What a process tells the others of an operation.</summary>
/// <param name="Epoch">Number of resets of the operation before it.</param>
/// <param name="Failure">A wait of one of its ranks that ended without its data; null for none.</param>
/// <param name="MustGiveUp">Whether waiting kernels are to give up.</param>
/// <param name="Progress">Progress of its rank; null for nothing new.</param>
/// <param name="Calls">Place of its rank in its calls; null for nothing new.</param>
/// <param name="LastCalls">Last calls of its rank, for a rank whose calls are not the same; null for none.</param>
/// <param name="Difference">First call that differs between two ranks, after which waiting kernels are to give up; null for none.</param>
internal sealed record PeerReport(
    int Epoch, WaitFailure? Failure = null, bool MustGiveUp = false, RankProgress? Progress = null, CallMark? Calls = null,
    CallsInWords? LastCalls = null, CallDifference? Difference = null)
{
    /// <summary>Reads a report.</summary>
    /// <param name="content">What came.</param>
    public static PeerReport Parse(byte[] content) => JsonSerializer.Deserialize(content, PeerJson.Default.PeerReport)!;

    /// <summary>Writes the report.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, PeerJson.Default.PeerReport);
}

/// <summary>Reads and writes what processes tell each other of operations, without reflection.</summary>
[JsonSerializable(typeof(PeerReport))]
[JsonSerializable(typeof(List<KeyValuePair<string, string>>))]
internal sealed partial class PeerJson : JsonSerializerContext;
