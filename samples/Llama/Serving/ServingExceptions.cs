namespace Llama.Serving;

/// <summary>A request can never be done: its message has the numbers. Others are not concerned.</summary>
/// <param name="message">What was asked for, what is allowed, what to do.</param>
/// <param name="inner">Cause; may be null.</param>
public sealed class RequestRefusedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A step failed, for example because a rank did not come, and with it every request that was there. The server goes on with
/// new requests.</summary>
/// <param name="inner">Why the step failed.</param>
public sealed class StepFailedException(Exception inner) : Exception(
    $"A step of the model failed, and every request that was there ended with it; ask again. {inner?.Message}", inner);

/// <summary>The server has stopped, and with it every request that was there.</summary>
/// <param name="message">Why it stopped.</param>
/// <param name="inner">Cause; null if it was disposed.</param>
public sealed class ServerStoppedException(string message, Exception? inner = null) : Exception(message, inner);
