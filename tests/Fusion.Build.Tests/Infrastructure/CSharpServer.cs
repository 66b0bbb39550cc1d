using CliWrap;

namespace Fusion.Build.Tests.Infrastructure;

/// <summary>The C# compiler's server, which the first build starts and all builds of this run share.</summary>
internal static class CSharpServer
{
    /// <summary>Its name: another one than that of the user's own builds.</summary>
    public static string Name { get; } = $"fusion-build-tests-{Environment.ProcessId}";

    /// <summary>Ends it, so that no process outlives the tests.</summary>
    public static void End() => Cli.Wrap("dotnet")
        .WithArguments([Path.Combine(PackedSdk.CSharpCompiler, "VBCSCompiler.dll"), "-shutdown", $"-pipename:{Name}"])
        .ExecuteAsync().GetAwaiter().GetResult();
}
