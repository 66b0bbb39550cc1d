using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Fusion.Interop;

namespace Fusion.Runtime;

/// <summary>The driver of the package Fusion.Emulator, which the environment variable <c>FUSION_DRIVER</c> puts in the place of
/// libcuda: <c>emulator</c>, <c>emulator:4</c> for four GPUs, or <c>emulator:4:None</c> without checks. The program must have the package.</summary>
internal static class EmulatedDriver
{
    public const string Variable = "FUSION_DRIVER";

    private const string Word = "emulator";

    public static bool IsWanted => Setting.Split(':')[0].Equals(Word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Why the emulator is in use where the variable says so.</summary>
    public static string Reason => $"{Variable} is '{Setting}'";

    private static string Setting => Environment.GetEnvironmentVariable(Variable) ?? "";

    /// <summary>Says whose functions a table has, and why it is used.</summary>
    public static string Describe(IExportTable exports, string reason)
    {
        var library = exports.GetType().Assembly.GetName();
        return $"{library.Name} {library.Version?.ToString(3)}, because {reason}";
    }

    /// <summary>Finds the emulator's table of functions.</summary>
    /// <param name="exports">The table.</param>
    /// <param name="failure">Reason if there is none.</param>
    public static bool TryFind([NotNullWhen(true)] out IExportTable? exports, [NotNullWhen(false)] out string? failure)
    {
        var type = Type.GetType("Fusion.Emulation.Emulator, Fusion.Emulator", throwOnError: false);
        exports = type?.GetMethod("CreateDriverFor")?.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Setting], null) as IExportTable;
        failure = exports is not null ? null
            : $"{Reason}, and this program has no emulator of that kind: it needs the package Fusion.Emulator, and 'emulator' " +
              "may be followed by a colon and a number of GPUs from 1 to 16, and by another colon and the checks";
        return exports is not null;
    }
}
