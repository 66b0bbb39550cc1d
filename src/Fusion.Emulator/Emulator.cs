using System.Globalization;
using Fusion.Emulation.Driver;
using Fusion.Interop;
using Fusion.Runtime;

namespace Fusion.Emulation;

/// <summary>GPUs that are emulated on the CPU: a CUDA driver in C# that runs the PTX of kernels. All of Fusion.Runtime works with
/// it as with a GPU.</summary>
public static class Emulator
{
    private static readonly Lock Gate = new();
    private static readonly EmulatorDriver Driver = new();

    // What a program forgot is freed in the background. Chosen generously.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Whether the emulator is in use.</summary>
    public static bool IsUsed => DriverState.Current is not null;

    /// <summary>Table of the driver's functions, for libraries that take one. The functions work on the machine that
    /// <see cref="Use"/> made last.</summary>
    public static IExportTable Table => Driver;

    /// <summary>Mistakes that kernels made since the emulator came into use, the first first.</summary>
    public static IReadOnlyList<KernelFault> Faults => DriverState.Current?.Machine.Faults ?? [];

    /// <summary>Lets the process use emulated GPUs instead of real ones. Call it before a GPU is used; what was made on GPUs before
    /// is unknown to the new ones. Each call makes a new machine, on which nothing has failed.</summary>
    /// <param name="options">Settings of the machine; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static void Use(EmulatorOptions? options = null)
    {
        lock (Gate)
        {
            Reclaimer.Flush(Patience);
            Exchange(new(new(Checked(options ?? new()))));
            GpuDriver.Use(Driver);
        }
    }

    /// <summary>Gives the process its real GPUs back. Dispose of what was made on the emulated ones before.</summary>
    public static void Leave()
    {
        lock (Gate)
        {
            Reclaimer.Flush(Patience);
            GpuDriver.Use(null);
            Exchange(null);
        }
    }

    /// <summary>Makes the table of the driver's functions, for a program that uses Fusion.Interop without Fusion.Runtime.</summary>
    /// <param name="options">Settings of the machine; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public static IExportTable CreateDriver(EmulatorOptions? options = null)
    {
        lock (Gate) Exchange(new(new(Checked(options ?? new()))));
        return Driver;
    }

    /// <summary>Makes the table of the driver's functions as the environment variable <c>FUSION_DRIVER</c> asks for it.</summary>
    /// <param name="setting">Value of the variable: <c>emulator</c>, <c>emulator:4</c> for four GPUs, or <c>emulator:4:Barriers</c> with the
    /// <see cref="KernelChecks"/> to do, separated by commas.</param>
    /// <returns>The table; null if the value is another one.</returns>
    public static IExportTable? CreateDriverFor(string setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        var parts = setting.Split(':');
        if (parts.Length > 3 || !int.TryParse(parts.Length > 1 ? parts[1] : "1", NumberStyles.None, CultureInfo.InvariantCulture, out var gpus)) return null;
        var checks = KernelChecks.All;
        if (gpus is < 1 or > 16 || (parts.Length > 2 && !Enum.TryParse(parts[2], ignoreCase: true, out checks))) return null;
        return CreateDriver(new() { Gpus = gpus, Checks = checks });
    }

    private static void Exchange(DriverState? state)
    {
        DriverState.CurrentContext = 0;
        var before = DriverState.Current;
        DriverState.Current = state!;
        before?.Machine.Dispose();
    }

    private static EmulatorOptions Checked(EmulatorOptions given)
    {
        var options = EnvironmentSettings.Add(given);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Gpus, 1, nameof(given));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Gpus, 16, nameof(given));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Multiprocessors, 1, nameof(given));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1, nameof(given));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MemoryBytes, 1, nameof(given));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StepLimit, 1, nameof(given));
        return options;
    }
}
