using System.Diagnostics;
using System.Reflection;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>Starts the program of ranks (tests/RankProcess) in a mode for memory.</summary>
internal static class RankProcesses
{
    private static readonly string Program =
        typeof(RankProcesses).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "RankProcess").Value!;

    private static string Host => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Starts the program, which ends when its input does.</summary>
    public static Process Start(params string[] arguments) => Run(Host, [Program, .. arguments]);

    /// <summary>Starts the program as a user without rights, which only root can.</summary>
    public static Process StartAsNobody(params string[] arguments) =>
        Run("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", Host, Program, .. arguments]);

    private static Process Run(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["FUSION_DRIVER"] = "emulator:2";
        return Process.Start(start)!;
    }
}
