using System.Text;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Sources;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Logs;

/// <summary>Finds the source lines that the assembler's errors are about. The assembler names lines of the PTX, which a
/// failed compilation does not give; so it is compiled again, with line information and to PTX alone.</summary>
internal sealed class PtxasLocator(JobSetup setup)
{
    private const string LineInfo = "-lineinfo";

    /// <summary>Gives the assembler's entries of a failed compilation their place in the source.</summary>
    /// <param name="job">The job.</param>
    /// <param name="code">Source of the job's kernel as NVRTC gets it.</param>
    /// <param name="log">The log.</param>
    /// <returns>The log, with places where they could be found.</returns>
    public NvrtcLog Locate(CompileJob job, KernelCode code, NvrtcLog log)
    {
        if (!log.Entries.Any(IsPlaced)) return log;
        var options = setup.Options(job).Concat(setup.OptionsOf(job.Kernel, code)).Where(o => o is not (LineInfo or "-G")).Append(LineInfo).ToArray();
        var again = Compile(job, code.NamedText, options, out _);
        var onlyPtx = options.Select(o => o.StartsWith("-arch=", StringComparison.Ordinal) ? $"-arch={job.Architecture.AsVirtual}" : o);
        Compile(job, code.NamedText, [.. onlyPtx], out var ptx);

        // Line information moves the lines of the PTX, so the places are those of the second log.
        var before = log.Entries.Where(IsPlaced).ToArray();
        var after = again.Entries.Where(IsPlaced).ToArray();
        if (ptx is null || !before.Select(e => e.Message).SequenceEqual(after.Select(e => e.Message))) return log;
        var map = new PtxSourceMap(ptx);
        var next = 0;
        return log.Change(entry => IsPlaced(entry) ? Place(entry, after[next++].Line, map) : entry);
    }

    private static bool IsPlaced(LogEntry entry) => entry.Origin == LogOrigin.Ptxas && entry.Line > 0;

    private static LogEntry Place(LogEntry entry, int line, PtxSourceMap map) => map.Locate(line) is { } place
        ? entry with { File = place.File, Line = place.Line, Column = place.Column, Message = $"{entry.Message} (in the PTX: {map.Text(line)})" }
        : entry;

    private NvrtcLog Compile(CompileJob job, string source, IReadOnlyList<string> options, out string? ptx)
    {
        using var program = setup.Toolchain.Library.CreateProgram(source, job.Kernel.ProgramName);
        foreach (var expression in job.Kernel.NameExpressions) program.AddNameExpression(expression);
        ptx = program.Compile(options) == NvrtcResult.Success ? Encoding.UTF8.GetString(program.GetPtx()) : null;
        return NvrtcLog.Parse(program.GetLog());
    }
}
