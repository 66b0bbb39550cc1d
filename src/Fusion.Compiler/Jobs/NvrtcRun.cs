using Fusion.Compiler.Headers;
using Fusion.Compiler.Precompiled;
using Fusion.Compiler.Sources;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Jobs;

/// <summary>One compilation by NVRTC.</summary>
internal sealed class NvrtcRun : IDisposable
{
    private readonly HeaderTrace? trace;
    private readonly string directory;
    private readonly string log;

    private NvrtcRun(JobSetup setup, Kernel kernel, string text, IReadOnlyList<string> options, PrecompiledHeader? precompiled)
    {
        Precompiled = precompiled;
        directory = kernel.ProjectDirectory;
        trace = setup.Toolchain.NewTrace();
        Program = setup.Toolchain.Library.CreateProgram(text, kernel.ProgramName);
        foreach (var expression in kernel.NameExpressions) Program.AddNameExpression(expression);
        Result = Program.Compile([.. options, .. trace?.Options ?? [], .. precompiled?.UseOptions ?? []]);
        log = Program.GetLog();
    }

    /// <summary>The compiled program.</summary>
    public NvrtcProgram Program { get; }

    /// <summary>How it ended.</summary>
    public NvrtcResult Result { get; }

    /// <summary>The precompiled headers that it took; null if it read all itself.</summary>
    public PrecompiledHeader? Precompiled { get; }

    /// <summary>Whether it was given precompiled headers and NVRTC did not take them.</summary>
    public bool HasRefusedHeader { get; private init; }

    /// <summary>What NVRTC said, of precompiled headers too.</summary>
    public string Log => Precompiled is { Log.Length: > 0 } ? $"{Precompiled.Log.TrimEnd()}\n\n{log}" : log;

    /// <summary>Full paths of the headers that it read or that were precompiled, in order; null if NVRTC does not tell.</summary>
    public IReadOnlyList<string>? Headers => trace?.Read(directory) is not { } read ? null
        : Precompiled is null ? read : [.. Precompiled.Headers.Concat(read).Distinct(StringComparer.Ordinal)];

    /// <summary>Compiles a source.</summary>
    /// <param name="setup">What all jobs share.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="code">Its source.</param>
    /// <param name="options">NVRTC's options.</param>
    /// <param name="precompiled">Headers to take; null for none. What does not compile with them is compiled without.</param>
    public static NvrtcRun Of(JobSetup setup, Kernel kernel, KernelCode code, IReadOnlyList<string> options, PrecompiledHeader? precompiled)
    {
        var run = new NvrtcRun(setup, kernel, code.NamedText, options, precompiled);
        var isRefused = precompiled is not null && run.log.Contains("precompiled header", StringComparison.Ordinal);
        if (isRefused || (precompiled is not null && run.Result != NvrtcResult.Success))
        {
            run.Dispose();
            run = new NvrtcRun(setup, kernel, code.NamedText, options, null) { HasRefusedHeader = isRefused };
        }

        // A source that ends too early, or that has a function of that name.
        if (!run.log.Contains(UnitName.FileName, StringComparison.Ordinal)) return run;
        run.Dispose();
        return new NvrtcRun(setup, kernel, code.Text, options, null) { HasRefusedHeader = run.HasRefusedHeader };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Program.Dispose();
        trace?.Dispose();
    }
}
