using Fusion.Compiler.Headers;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Nvrtc;

/// <summary>The NVRTC that compiles, with its headers and what it was found to be able to do.</summary>
internal sealed class Toolchain : IDisposable
{
    /// <summary>The first version of NVRTC that precompiles headers.</summary>
    public static readonly Version FirstThatPrecompiles = new(12, 8);

    private const string StackOption = "--modify-stack-limit=false";
    private readonly string? traceFolder;

    private Toolchain(NvrtcLibrary library, string? includePath, string? traceFolder, bool hasStackOption)
    {
        Library = library;
        IncludePath = includePath;
        this.traceFolder = traceFolder;
        // Versions from 12.4 on otherwise change the stack limit of the whole process, under the feet of its other threads.
        StandingOptions = hasStackOption ? [StackOption] : [];
    }

    /// <summary>NVRTC.</summary>
    public NvrtcLibrary Library { get; }

    /// <summary>Folder of the headers that belong to NVRTC; null if it has none.</summary>
    public string? IncludePath { get; }

    /// <summary>Options for every compilation.</summary>
    public IReadOnlyList<string> StandingOptions { get; }

    /// <summary>Whether NVRTC tells which headers it read.</summary>
    public bool TracesHeaders => traceFolder is not null;

    /// <summary>Whether NVRTC can read headers once for several compilations, and tells which they are.</summary>
    public bool PrecompilesHeaders => TracesHeaders && Library.Version >= FirstThatPrecompiles;

    /// <summary>Finds out what an NVRTC can do. To be called on the main thread, before others use NVRTC.</summary>
    /// <param name="probe">The NVRTC.</param>
    /// <param name="includePath">Folder of NVRTC's headers; null if it has none.</param>
    /// <param name="mayTrace">Whether NVRTC may be asked which headers it reads, if it can tell.</param>
    public static Toolchain Create(NvrtcProbe probe, string? includePath, bool mayTrace = true)
    {
        var library = probe.Library ?? throw new ArgumentException("The candidate was not loaded.", nameof(probe));
        var architecture = library.Architectures[^1];
        var hasStackOption = Compiles(library, architecture, "", [StackOption]);
        var folder = mayTrace ? HeaderTrace.CreateFolder() : null;
        if (folder is not null && !Traces(library, architecture, folder))
        {
            HeaderTrace.RemoveFolder(folder);
            folder = null;
        }

        return new Toolchain(library, includePath, folder, hasStackOption);
    }

    /// <summary>A new trace of the headers that one compilation reads.</summary>
    /// <returns>Null if this NVRTC does not tell.</returns>
    public HeaderTrace? NewTrace() => traceFolder is null ? null : new HeaderTrace(traceFolder);

    /// <summary>A new file for precompiled headers, which is removed with this at the latest.</summary>
    /// <returns>Null if this NVRTC has none.</returns>
    public string? NewPrecompiledFile() => PrecompilesHeaders ? Path.Combine(traceFolder!, $"{Guid.NewGuid():n}.pch") : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (traceFolder is not null) HeaderTrace.RemoveFolder(traceFolder);
    }

    private static bool Traces(NvrtcLibrary library, int architecture, string folder)
    {
        var header = Path.Combine(folder, "probe.cuh");
        File.WriteAllText(header, "#pragma once\n");
        using var trace = new HeaderTrace(folder);
        return Compiles(library, architecture, "#include \"probe.cuh\"\n", [$"-I{folder}", .. trace.Options])
            && trace.Read(folder) is [var only] && only == header;
    }

    private static bool Compiles(NvrtcLibrary library, int architecture, string source, IReadOnlyList<string> options)
    {
        using var program = library.CreateProgram(source + "extern \"C\" __global__ void probe() {}\n", "probe.cu");
        return program.Compile([$"-arch=sm_{architecture}", "-std=c++17", .. options]) == NvrtcResult.Success;
    }
}
