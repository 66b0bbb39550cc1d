using System.Diagnostics;

namespace Fusion.Emulation.Machine;

/// <summary>The emulated GPUs, their memory, and the threads that run their kernels.</summary>
internal sealed class EmulatedMachine : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<KernelFault> faults = [];
    private readonly object progress = new();
    private int launches;

    public EmulatedMachine(EmulatorOptions options)
    {
        Options = options;
        var comparesCopies = options.Checks.HasFlag(KernelChecks.Synchronization);
        Memory = new(
            options.Checks.HasFlag(KernelChecks.UninitializedReads),
            (options.Checks & (KernelChecks.GlobalMemoryRaces | KernelChecks.ReadOnlyData | KernelChecks.Synchronization)) != 0, comparesCopies);
        Order = comparesCopies ? new() : null;
        Observers = Observers.Of(options);
        Gpus = [.. Enumerable.Range(0, options.Gpus).Select(ordinal => new Gpu(this, ordinal))];
        Random = options.Seed is { } seed ? new(seed) : null;
        // What happens in which order is repeated only where one thread decides it.
        HasSeveralWorkers = Random is null && options.Workers > 1;
        FindsRaces = options.Checks.HasFlag(KernelChecks.GlobalMemoryRaces);
        Workers = new(Random is null ? options.Workers : 1, Random);
    }

    public EmulatorOptions Options { get; }

    public AddressSpace Memory { get; }

    public Gpu[] Gpus { get; }

    /// <summary>Decides the order of what may happen in any; null where nobody asks for that.</summary>
    public Random? Random { get; }

    public Workers Workers { get; }

    public bool HasSeveralWorkers { get; }

    /// <summary>Whether races in device memory are looked for.</summary>
    public bool FindsRaces { get; }

    /// <summary>Those who look at each step of kernels; null for none.</summary>
    public Observers? Observers { get; }

    /// <summary>Which work of streams is ordered; null where nobody asks.</summary>
    public WorkOrder? Order { get; }

    /// <summary>Called with what kernels print.</summary>
    public Action<string> Print { get; set; } = Console.Out.Write;

    /// <summary>Makes a number for a launch, by which its accesses are told from those of others.</summary>
    public int NextLaunch() => Interlocked.Increment(ref launches);

    /// <summary>Nanoseconds of the clock that all GPUs share.</summary>
    public static long Nanoseconds => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    public IReadOnlyList<KernelFault> Faults
    {
        get
        {
            lock (gate) return [.. faults];
        }
    }

    /// <summary>Lets those look again who wait for a stream.</summary>
    public void Notify()
    {
        lock (progress) Monitor.PulseAll(progress);
    }

    /// <summary>Waits until something is so.</summary>
    public void WaitUntil(Func<bool> isSo)
    {
        lock (progress)
        {
            // Not all that is waited for notifies.
            while (!isSo()) Monitor.Wait(progress, TimeSpan.FromMilliseconds(20));
        }
    }

    public void Report(KernelFault fault)
    {
        lock (gate) faults.Add(fault);
    }

    public void Dispose()
    {
        Workers.Dispose();
        Observers?.Flush();
    }
}
