using System.Collections;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The environment of a user's shell: it knows nothing of the MSBuild that runs these tests, nor of this machine's
/// CUDA.</summary>
internal static class UserEnvironment
{
    private static readonly string[] Forgotten =
        [
        "CUDA_PATH", "CUDA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "CI",
        // MSBuild takes every variable for a property.
        "Configuration", "Platform", "TargetFramework", "OutputPath", "ArtifactsPath", "TreatWarningsAsErrors", "NoWarn",
    ];

    private static readonly string[] Prefixes = ["MSBUILD", "FUSION"];

    /// <summary>What differs from the environment of the tests; null removes a variable.</summary>
    /// <param name="caches">The user's folder of caches.</param>
    /// <param name="own">Variables of the scenario, which win.</param>
    public static Dictionary<string, string?> With(string caches, IReadOnlyDictionary<string, string?> own)
    {
        var variables = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) variables[name] = null;
        }

        foreach (var name in Forgotten) variables[name] = null;
        variables["NUGET_PACKAGES"] = PackedSdk.PackageCache;
        // What another scenario, or an earlier run, compiled must not be found.
        variables["XDG_CACHE_HOME"] = caches;
        // A node kept alive would go on using the tasks of the last run; the C# compiler is the same for all.
        variables["MSBUILDDISABLENODEREUSE"] = "1";
        variables["UseSharedCompilation"] = "true";
        variables["SharedCompilationId"] = CSharpServer.Name;
        variables["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in own) variables[name] = value;
        return variables;
    }
}
