using System.Collections;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The environment of a user's shell: it knows nothing of the MSBuild that runs these tests, nor of this machine's
/// CUDA.</summary>
internal static class UserEnvironment
{
    private static readonly string[] Forgotten =
        ["CUDA_PATH", "CUDA_HOME", "FUSION_NVRTC_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "CI"];

    /// <summary>What differs from the environment of the tests; null removes a variable.</summary>
    /// <param name="own">Variables of the scenario, which win.</param>
    public static Dictionary<string, string?> With(IReadOnlyDictionary<string, string?> own)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)) variables[name] = null;
        }

        foreach (var name in Forgotten) variables[name] = null;
        variables["NUGET_PACKAGES"] = PackedSdk.PackageCache;
        variables["MSBUILDDISABLENODEREUSE"] = "1";
        variables["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in own) variables[name] = value;
        return variables;
    }
}
