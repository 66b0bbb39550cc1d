using Fusion.Build.Contract;

namespace Fusion.Compiler.Jobs;

/// <summary>What NVRTC made of a source that compiles, now or when the compile cache learned it.</summary>
/// <param name="Ptx">The PTX.</param>
/// <param name="Cubin">The machine code.</param>
/// <param name="Symbols">Name of the instantiation for each symbol that a name expression gave.</param>
/// <param name="Log">What NVRTC said.</param>
/// <param name="Headers">What it read.</param>
internal sealed record CompileOutput(
    byte[] Ptx, byte[] Cubin, IReadOnlyDictionary<string, string> Symbols, string Log, IncludedHeaders Headers);

/// <summary>The headers of a compilation, by full paths.</summary>
/// <param name="Read">What was read, in order.</param>
/// <param name="Probes">Where one was looked for and none was read, with what was there: nothing, or a file that stands behind an
/// <c>#if</c> or that <c>__has_include</c> asks about.</param>
internal sealed record IncludedHeaders(IReadOnlyList<string> Read, IReadOnlyList<FileStamp> Probes);
