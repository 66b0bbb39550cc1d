using System.Runtime.InteropServices;
using System.Text;

namespace Fusion.Interop.Nvrtc;

/// <summary>A program of NVRTC: add name expressions, compile once, read the results.</summary>
/// <remarks>Use it from one thread at a time.</remarks>
public sealed unsafe class NvrtcProgram : IDisposable
{
    private readonly NvrtcLibrary library;
    private nint handle;

    internal NvrtcProgram(NvrtcLibrary library, string source, string name)
    {
        this.library = library;
        fixed (byte* s = Utf8(source))
        fixed (byte* n = Utf8(name))
        fixed (nint* h = &handle)
            library.Check(library.Functions.CreateProgram(h, s, n, 0, null, null), "nvrtcCreateProgram");
    }

    /// <summary>Requests an instantiation of a template, and its symbol.</summary>
    /// <param name="expression">Name expression, such as <c>scale&lt;float&gt;</c>.</param>
    /// <exception cref="NvrtcException">The program is compiled already.</exception>
    public void AddNameExpression(string expression)
    {
        fixed (byte* e = Utf8(expression)) library.Check(library.Functions.AddNameExpression(handle, e), "nvrtcAddNameExpression");
    }

    /// <summary>Compiles the program.</summary>
    /// <param name="options">Options of NVRTC, each with its value in one string.</param>
    /// <returns>Result of the compilation; <see cref="GetLog"/> has the reasons of a failure.</returns>
    public NvrtcResult Compile(IReadOnlyList<string> options)
    {
        var texts = new nint[options.Count];
        try
        {
            for (var i = 0; i < texts.Length; i++) texts[i] = Marshal.StringToCoTaskMemUTF8(options[i]);
            fixed (nint* o = texts) return library.Functions.CompileProgram(handle, texts.Length, (byte**)o);
        }
        finally
        {
            foreach (var text in texts) Marshal.FreeCoTaskMem(text);
        }
    }

    /// <summary>Gets NVRTC's log of the compilation: errors and warnings; empty if there are none.</summary>
    /// <exception cref="NvrtcException">NVRTC gives no log.</exception>
    public string GetLog()
    {
        nuint size;
        library.Check(library.Functions.GetProgramLogSize(handle, &size), "nvrtcGetProgramLogSize");
        var bytes = new byte[size];
        fixed (byte* b = bytes) library.Check(library.Functions.GetProgramLog(handle, b), "nvrtcGetProgramLog");
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }

    /// <summary>Gets the PTX, without the zero byte at NVRTC's end.</summary>
    /// <exception cref="NvrtcException">The program failed to compile, or an option asked for another format.</exception>
    public byte[] GetPtx()
    {
        nuint size;
        library.Check(library.Functions.GetPtxSize(handle, &size), "nvrtcGetPTXSize");
        var bytes = new byte[size];
        fixed (byte* b = bytes) library.Check(library.Functions.GetPtx(handle, b), "nvrtcGetPTX");
        return bytes is [.. var text, 0] ? text : bytes;
    }

    /// <summary>Gets the machine code; empty if the program was compiled for a virtual architecture.</summary>
    /// <exception cref="NvrtcException">The program failed to compile, or an option asked for another format.</exception>
    public byte[] GetCubin()
    {
        nuint size;
        library.Check(library.Functions.GetCubinSize(handle, &size), "nvrtcGetCUBINSize");
        var bytes = new byte[size];
        if (size == 0) return bytes;
        fixed (byte* b = bytes) library.Check(library.Functions.GetCubin(handle, b), "nvrtcGetCUBIN");
        return bytes;
    }

    /// <summary>Gets the symbol of a name expression.</summary>
    /// <param name="expression">Name expression, as it was added.</param>
    /// <exception cref="NvrtcException">The name expression was not added, or the program is not compiled.</exception>
    public string GetLoweredName(string expression)
    {
        byte* name;
        fixed (byte* e = Utf8(expression)) library.Check(library.Functions.GetLoweredName(handle, e, &name), "nvrtcGetLoweredName");
        return NvrtcLibrary.TextOf(name);
    }

    /// <summary>Frees the program.</summary>
    public void Dispose()
    {
        if (handle == 0) return;
        fixed (nint* h = &handle) library.Functions.DestroyProgram(h);
        handle = 0;
    }

    private static byte[] Utf8(string text) => [.. Encoding.UTF8.GetBytes(text), 0];
}
