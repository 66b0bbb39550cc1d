using Llama.Cli.CommandLine;

namespace Llama.Cli.Runners;

/// <summary>Makes the runners of <c>--device</c>. A new one is added here.</summary>
internal sealed class RunnerFactory : IRunnerFactory
{
    /// <summary>Words of the devices.</summary>
    public static IReadOnlyList<string> Devices { get; } = ["cpu", "gpu", "emulator"];

    /// <inheritdoc/>
    public OpenedRunner Open(RunnerSettings settings, IProgress<long> progress) => settings.Device switch
    {
        "cpu" => CpuRunners.Open(settings, progress),
        "gpu" => GpuRunners.Open(settings, progress),
        "emulator" => GpuRunners.OpenEmulated(settings, progress),
        var other => throw new UsageException($"There is no device '{other}'; there are {string.Join(", ", Devices)}."),
    };
}
