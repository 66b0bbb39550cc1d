namespace Fusion.Runtime;

/// <summary>An error of this library, or of a class that implements one of its interfaces. The message says what was found,
/// what was expected and what to do.</summary>
public class FusionException : Exception, IFusionError
{
    /// <summary>Makes an error, for classes that implement an interface of this library.</summary>
    /// <param name="code">Code of the error, such as <c>ACME1001</c>.</param>
    /// <param name="message">What was found, what was expected and what to do, without the code.</param>
    /// <param name="innerException">Cause of the error; may be null.</param>
    public FusionException(string code, string message, Exception? innerException = null)
        : base($"{code}: {message}", innerException) => Code = code;

    /// <inheritdoc/>
    public string Code { get; }
}
