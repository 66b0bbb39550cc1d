namespace Fusion.Runtime.Distributed;

/// <summary>Errors of a rendezvous, FUSION4013 to 4017.</summary>
internal static class RendezvousErrors
{
    /// <summary>A text is no address.</summary>
    public static FusionArgumentException Address(string found) => Setting(
        "address", $"The address of a rendezvous is '{found}', which is none.",
        "Write unix:/path or unix:@name for ranks of one machine, tcp:host:port for several, as unix:@my-job or tcp:node01:29400.");

    /// <summary>A setting of a rendezvous is missing or wrong.</summary>
    /// <param name="parameter">Name of the setting.</param>
    /// <param name="found">What was found, a sentence.</param>
    /// <param name="remedy">What to do, a sentence.</param>
    public static FusionArgumentException Setting(string parameter, string found, string remedy) =>
        new(RendezvousErrorCodes.Settings, parameter, $"{found} {remedy}");
}
