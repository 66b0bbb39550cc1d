using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.Nvrtc;

/// <summary>NVRTC, the compiler from CUDA C++ to machine code and PTX.</summary>
/// <remarks>The library stays loaded until the process ends, since its threads and exit handlers do not survive unloading.
/// Several versions may be loaded side by side. Programs may be compiled on several threads at a time; the first use should
/// be on the main thread, since old versions crash at exit otherwise.</remarks>
public sealed unsafe class NvrtcLibrary
{
    private NvrtcLibrary(nint handle, NvrtcFunctions functions, string name, Version version)
    {
        Functions = functions;
        Version = version;
        Path = System.IO.Path.IsPathFullyQualified(name) ? name : PathOf(handle) ?? name;
        BuiltinsPath = LoadBuiltins(Path, version);
        Architectures = ReadArchitectures();
    }

    /// <summary>Version of NVRTC, such as 12.4, without a patch number.</summary>
    public Version Version { get; }

    /// <summary>Full path of the library; its name if the loader found it by name and does not say where.</summary>
    public string Path { get; }

    /// <summary>Full path of the builtins library beside NVRTC, which is loaded; null if there is none of the same version,
    /// and NVRTC has to find one at the first compilation.</summary>
    public string? BuiltinsPath { get; }

    /// <summary>Plain architectures that NVRTC compiles for, as numbers in ascending order: 80 for <c>sm_80</c>.</summary>
    public IReadOnlyList<int> Architectures { get; }

    internal NvrtcFunctions Functions { get; }

    /// <summary>Loads an NVRTC library and the builtins library beside it.</summary>
    /// <param name="name">Full path of the library, or a name for the loader to find.</param>
    /// <param name="library">The loaded library.</param>
    /// <param name="failure">Reason if the library could not be loaded, in one line.</param>
    /// <returns>Whether the library is loaded and has all functions.</returns>
    public static bool TryLoad(
        string name, [NotNullWhen(true)] out NvrtcLibrary? library, [NotNullWhen(false)] out string? failure)
    {
        library = null;
        failure = null;
        try
        {
            var handle = NativeLibrary.Load(name);
            var functions = new NvrtcFunctions(handle);
            int major, minor;
            var result = functions.Version(&major, &minor);
            if (result == NvrtcResult.Success)
            {
                library = new NvrtcLibrary(handle, functions, name, new Version(major, minor));
                return true;
            }

            failure = $"it does not tell its version: {TextOf(functions.GetErrorString(result))}";
        }
        catch (DllNotFoundException e)
        {
            failure = $"it could not be loaded: {LoaderReason(e.Message)}";
        }
        catch (BadImageFormatException e)
        {
            failure = $"it is no library for this machine: {LoaderReason(e.Message)}";
        }
        catch (EntryPointNotFoundException e)
        {
            failure = $"it is no NVRTC, or one older than 11.2: {LoaderReason(e.Message)}";
        }

        return false;
    }

    /// <summary>Gets the name of a result, such as <c>NVRTC_ERROR_COMPILATION</c>.</summary>
    /// <param name="result">Any result, including one that <see cref="NvrtcResult"/> has no member for.</param>
    public string NameOf(NvrtcResult result) => TextOf(Functions.GetErrorString(result));

    /// <summary>Creates a program from a source.</summary>
    /// <param name="source">Source text, without a byte order mark.</param>
    /// <param name="name">Name of the source in the log and <c>__FILE__</c>. <c>#include "x"</c> looks in its folder
    /// first.</param>
    /// <exception cref="NvrtcException">NVRTC cannot create the program.</exception>
    public NvrtcProgram CreateProgram(string source, string name) => new(this, source, name);

    internal static string TextOf(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    internal void Check(NvrtcResult result, string function)
    {
        if (result != NvrtcResult.Success) throw new NvrtcException(result, $"{function} of NVRTC {Version} returned {NameOf(result)}.");
    }

    private int[] ReadArchitectures()
    {
        int count;
        Check(Functions.GetNumSupportedArchs(&count), "nvrtcGetNumSupportedArchs");
        var architectures = new int[count];
        fixed (int* p = architectures) Check(Functions.GetSupportedArchs(p), "nvrtcGetSupportedArchs");
        Array.Sort(architectures);
        return architectures;
    }

    // NVRTC opens the builtins library by name only. Once a library of that name is loaded, the loader returns that one.
    private static string? LoadBuiltins(string nvrtc, Version version)
    {
        if (System.IO.Path.GetDirectoryName(nvrtc) is not { Length: > 0 } folder) return null;
        var path = System.IO.Path.Combine(folder, LibraryNames.NvrtcBuiltins(version.Major, version.Minor));
        return File.Exists(path) && NativeLibrary.TryLoad(path, out _) ? path : null;
    }

    private static string? PathOf(nint handle)
    {
        var address = NativeLibrary.GetExport(handle, "nvrtcVersion");
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .FirstOrDefault(m => address >= m.BaseAddress && address - m.BaseAddress < m.ModuleMemorySize)?.FileName;
    }

    // The rest of .NET's message is advice about search paths, which does not help here.
    private static string LoaderReason(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 1 ? lines[1] : lines.FirstOrDefault() ?? message;
    }
}
