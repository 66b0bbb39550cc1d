namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Reads who a rank is from the variables of a launcher.</summary>
internal static class LauncherEnvironment
{
    /// <summary>Reads a rendezvous.</summary>
    /// <param name="variable">Gets the value of a variable; null if it is not set.</param>
    /// <exception cref="FusionArgumentException">A variable is missing or wrong.</exception>
    public static Rendezvous Read(Func<string, string?> variable) => throw new NotImplementedException();
}
