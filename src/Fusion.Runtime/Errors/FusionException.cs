namespace Fusion.Runtime;

/// <summary>An error of this library. The message says what was found, what was expected and what to do.</summary>
public abstract class FusionException : Exception
{
    private protected FusionException(string code, string message, Exception? innerException = null)
        : base($"{code}: {message}", innerException) => Code = code;

    /// <summary>Code of the error, one of <see cref="ErrorCodes"/>; the message begins with it.</summary>
    public string Code { get; }
}
