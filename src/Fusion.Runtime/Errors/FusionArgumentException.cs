namespace Fusion.Runtime;

/// <summary>A value that the caller gave is wrong: an option, a tensor, a stream, a name, a shape. Nothing was started, and
/// what the member belongs to can still be used. The message says what was found, what was expected and what to do.</summary>
public class FusionArgumentException : ArgumentException, IFusionError
{
    /// <summary>Makes an error, for classes that implement an interface of this library.</summary>
    /// <param name="code">Code of the error, such as <c>ACME1001</c>.</param>
    /// <param name="paramName">Name of the wrong value.</param>
    /// <param name="message">What was found, what was expected and what to do, without the code.</param>
    /// <param name="innerException">Cause of the error; may be null.</param>
    public FusionArgumentException(string code, string paramName, string message, Exception? innerException = null)
        : base($"{code}: {message}", innerException) => (Code, ParamName) = (code, paramName);

    /// <inheritdoc/>
    public string Code { get; }

    /// <summary>Name of the wrong value: of a parameter, or of a property with the way to it, such as
    /// <c>Norm.Gamma</c>.</summary>
    // The base class would append its own to a message that names it already.
    public override string ParamName { get; }
}
