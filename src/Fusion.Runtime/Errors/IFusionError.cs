namespace Fusion.Runtime;

/// <summary>What all errors of this library have in common. Most are a <see cref="FusionException"/>; a wrong argument is a
/// <see cref="FusionArgumentException"/>, which .NET's <see cref="ArgumentException"/> catches too.</summary>
/// <example><code>catch (Exception e) when (e is IFusionError { Code: ErrorCodes.Capacity })</code></example>
public interface IFusionError
{
    /// <summary>Code of the error, one of <see cref="ErrorCodes"/>. It stays the same from version to version; the message
    /// begins with it.</summary>
    string Code { get; }
}
