using System.Globalization;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>Variables of the environment, read with errors that name them. An empty variable counts as not set, and blanks around a
/// value do not count: files and manifests leave both.</summary>
/// <param name="variable">Gets the value of a variable; null if it is not set.</param>
internal sealed class LauncherVariables(Func<string, string?> variable)
{
    /// <summary>Gets the value of a variable; null if it is not set or blank.</summary>
    public string? Text(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>Gets a whole number; null if the variable is not set.</summary>
    /// <param name="name">Name of the variable.</param>
    /// <param name="least">Smallest number that makes sense.</param>
    /// <exception cref="FusionArgumentException">The value is no number, or too small.</exception>
    public int? Number(string name, int least = 0)
    {
        if (Text(name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw RendezvousErrors.Setting(name, $"{name} is '{text}'.", $"Set it to a whole number from {least} on, or unset it.");
    }

    /// <summary>Gets a whole number that has to be there because another variable is.</summary>
    /// <param name="name">Name of the variable.</param>
    /// <param name="beside">Variable that is set.</param>
    /// <param name="least">Smallest number that makes sense.</param>
    /// <exception cref="FusionArgumentException">The variable is not set, no number, or too small.</exception>
    public int Needed(string name, string beside, int least = 0) =>
        Number(name, least) ?? throw Missing(name, beside);

    /// <summary>Gets a text that has to be there because another variable is.</summary>
    /// <param name="name">Name of the variable.</param>
    /// <param name="beside">Variable that is set.</param>
    /// <exception cref="FusionArgumentException">The variable is not set.</exception>
    public string NeededText(string name, string beside) => Text(name) ?? throw Missing(name, beside);

    private FusionArgumentException Missing(string name, string beside) => RendezvousErrors.Setting(
        name, $"{beside} is '{Text(beside)}', but {name} is not set.", $"Set both or neither: a rank needs {name} too.");
}
