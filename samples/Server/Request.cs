using Fusion.Runtime;

namespace Server;

/// <summary>One token that a client wants computed, with the task that the client awaits.</summary>
internal sealed class Request(int id)
{
    private readonly TaskCompletionSource<Float8E4M3[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Number of the request.</summary>
    public int Id => id;

    /// <summary>The normalized row of the token, quantized to FP8, when it is computed.</summary>
    public Task<Float8E4M3[]> Answer => answer.Task;

    /// <summary>Ends the request with its row.</summary>
    public void Complete(Float8E4M3[] row) => answer.TrySetResult(row);

    /// <summary>Ends the request with a failure, or as cancelled.</summary>
    public void Fail(Exception reason)
    {
        if (reason is OperationCanceledException) answer.TrySetCanceled();
        else answer.TrySetException(reason);
    }
}
