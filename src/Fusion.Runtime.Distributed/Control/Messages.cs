using System.Text.Json.Serialization;

namespace Fusion.Runtime.Distributed.Control;

/// <summary>A message between a process of a group and the process of rank 0, in which the <see cref="Coordinator"/> is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Challenge), "challenge")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(Refusal), "refusal")]
[JsonDerivedType(typeof(Formed), "formed")]
[JsonDerivedType(typeof(Contribution), "contribution")]
[JsonDerivedType(typeof(Completion), "completion")]
[JsonDerivedType(typeof(Inquiry), "inquiry")]
[JsonDerivedType(typeof(Standing), "standing")]
[JsonDerivedType(typeof(Notice), "notice")]
[JsonDerivedType(typeof(Gone), "gone")]
[JsonDerivedType(typeof(Leave), "leave")]
[JsonDerivedType(typeof(Beat), "beat")]
internal abstract record Message;

/// <summary>First message of the coordinator to whoever connects.</summary>
/// <param name="Protocol">Version of these messages.</param>
/// <param name="Nonce">Random bytes of which the answer proves knowledge of the secret.</param>
internal sealed record Challenge(int Protocol, byte[] Nonce) : Message
{
    /// <summary>Version of the messages of this library.</summary>
    public const int Version = 1;
}

/// <summary>A rank's answer to the challenge.</summary>
/// <param name="Who">Who it is.</param>
/// <param name="Nonce">Random bytes of which the coordinator's answer proves knowledge of the secret.</param>
/// <param name="Proof">Proof of knowledge of the secret.</param>
internal sealed record Hello(MemberInfo Who, byte[] Nonce, byte[] Proof) : Message;

/// <summary>What a rank says of itself.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Rank">Index of the rank.</param>
/// <param name="WorldSize">World size as the rank knows it.</param>
/// <param name="Library">Version of Fusion.Runtime.</param>
/// <param name="Host">Name of the machine.</param>
/// <param name="Process">Number of the process.</param>
internal sealed record MemberInfo(string Group, int Rank, int WorldSize, string Library, string Host, int Process)
{
    /// <summary>Process and machine, for messages.</summary>
    [JsonIgnore]
    public string Place => $"process {Process} on {Host}";
}

/// <summary>The coordinator accepts a rank, which then waits for the others.</summary>
/// <param name="Proof">Proof of the coordinator's knowledge of the secret.</param>
internal sealed record Welcome(byte[] Proof) : Message;

/// <summary>The coordinator does not accept a rank, or the ranks did not meet.</summary>
/// <param name="Code">Code of the error; null if the rank should try again.</param>
/// <param name="Ranks">Ranks that it is about.</param>
/// <param name="Problem">Message of the error.</param>
internal sealed record Refusal(string? Code, int[] Ranks, string Problem) : Message;

/// <summary>All ranks are there.</summary>
/// <param name="Members">Who they are, in the order of their ranks.</param>
internal sealed record Formed(MemberInfo[] Members) : Message;

/// <summary>A rank's part of a step that is done when all ranks have given theirs. Giving it again replaces it.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Content">The part.</param>
internal sealed record Contribution(string Step, byte[] Content) : Message;

/// <summary>All parts of a step.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Contents">The parts, in the order of the ranks.</param>
internal sealed record Completion(string Step, byte[][] Contents) : Message;

/// <summary>A rank asks which ranks have not come to a step.</summary>
/// <param name="Step">Name of the step.</param>
internal sealed record Inquiry(string Step) : Message;

/// <summary>How far a step is.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Missing">Ranks that have not given their part.</param>
internal sealed record Standing(string Step, int[] Missing) : Message;

/// <summary>What a rank says to all others.</summary>
/// <param name="Rank">Index of the rank.</param>
/// <param name="Topic">What it is about.</param>
/// <param name="Content">What it says.</param>
internal sealed record Notice(int Rank, string Topic, byte[] Content) : Message;

/// <summary>A rank's process is gone.</summary>
/// <param name="Rank">Index of the rank.</param>
/// <param name="Reason">How that was seen.</param>
/// <param name="IsOrderly">Whether the rank took leave.</param>
internal sealed record Gone(int Rank, string Reason, bool IsOrderly) : Message;

/// <summary>A rank disposes its group, or cannot make it.</summary>
/// <param name="Problem">Why it cannot; null if it did.</param>
internal sealed record Leave(string? Problem) : Message;

/// <summary>A sign of life.</summary>
internal sealed record Beat : Message;

/// <summary>Reads and writes messages without reflection.</summary>
[JsonSerializable(typeof(Message))]
internal sealed partial class MessageJson : JsonSerializerContext;
