using System.Globalization;

namespace Fusion.Runtime;

/// <summary>A call has more tokens than the all-reduce was made for. Nothing was launched, and the group can still be
/// used.</summary>
public sealed class CapacityException : FusionException
{
    internal CapacityException(long tokens, in WorkspaceLayout workspace)
        : base(ErrorCodes.Capacity, Describe(tokens, workspace)) =>
        (Tokens, MaxTokens, WorkspaceBytes) = (tokens, workspace.MaxTokens, workspace.Bytes);

    /// <summary>Number of tokens of the call.</summary>
    public long Tokens { get; }

    /// <summary>Largest number of tokens that a call may have.</summary>
    public int MaxTokens { get; }

    /// <summary>Size of each rank's workspace in bytes; 0 on the CPU.</summary>
    public long WorkspaceBytes { get; }

    private static string Describe(long tokens, in WorkspaceLayout workspace)
    {
        var would = workspace.Exists && tokens <= int.MaxValue
            ? Text($", where it would be {(workspace with { MaxTokens = (int)tokens }).Bytes:N0}")
            : "";
        var holds = workspace.Exists ? Text($", which its workspace of {workspace.Bytes:N0} bytes on each rank holds") : "";
        return Text($"Input of the all-reduce has {tokens} tokens; allowed are 1 to {workspace.MaxTokens}{holds}. ") +
            Text($"Make it with AllReduceOptions.MaxTokens = {tokens}{would}. Nothing was launched.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
