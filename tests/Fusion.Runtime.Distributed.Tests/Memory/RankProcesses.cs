using System.Diagnostics;
using System.Reflection;

namespace Fusion.Runtime.Distributed.Tests.Memory;

/// <summary>Starts the program of ranks (tests/RankProcess) in a mode for memory.</summary>
internal static class RankProcesses
{
    /// <summary>Starts the program, which ends when its input does.</summary>
    public static Process Start(params string[] arguments)
    {
        var program = typeof(RankProcesses).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "RankProcess").Value!;
        return Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["FUSION_DRIVER"] = "emulator:2" },
        })!;
    }
}
