namespace Fusion.Emulation;

/// <summary>Settings of a trace: what one thread of each launch does, a line for each instruction with the values of the registers that it reads and
/// writes.</summary>
public sealed record EmulatorTrace
{
    /// <summary>Symbol of the kernel, or a part of it; null, the default, for all kernels.</summary>
    public string? Kernel { get; init; }

    /// <summary>Block of the thread in the grid. The default is the first.</summary>
    public (int X, int Y, int Z) Block { get; init; }

    /// <summary>The thread in its block. The default is the first.</summary>
    public (int X, int Y, int Z) Thread { get; init; }

    /// <summary>Most instructions that are written of a launch. The default is 10,000.</summary>
    public long MaxSteps { get; init; } = 10_000;

    /// <summary>Writer that takes the lines; null, the default, for <see cref="File"/>. The emulator does not dispose of it, and uses it from several
    /// threads, one at a time.</summary>
    public TextWriter? Writer { get; init; }

    /// <summary>Path of the file that takes the lines where there is no <see cref="Writer"/>. The first use in a process overwrites it, later ones
    /// append; <c>%p</c> becomes the number of the process. Null, the default, for the console.</summary>
    public string? File { get; init; }
}
