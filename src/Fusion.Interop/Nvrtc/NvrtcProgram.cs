using System.Runtime.InteropServices;
using System.Text;

namespace Fusion.Interop.Nvrtc;

/// <summary>One source on its way through NVRTC: add name expressions, compile once, read the results.</summary>
/// <remarks>For one thread at a time.</remarks>
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

    /// <summary>Asks for an instantiation of a template, and for its symbol.</summary>
    /// <param name="expression"><c>scale&lt;float&gt;</c>.</param>
    /// <exception cref="NvrtcException">The program is compiled already.</exception>
    public void AddNameExpression(string expression)
    {
        fixed (byte* e = Utf8(expression)) library.Check(library.Functions.AddNameExpression(handle, e), "nvrtcAddNameExpression");
    }

    /// <summary>Compiles the program.</summary>
    /// <param name="options">Options of NVRTC, each whole.</param>
    /// <returns>Whether it compiled; <see cref="GetLog"/> says why not.</returns>
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

    /// <summary>What NVRTC said at compilation: errors, warnings, or nothing.</summary>
    /// <exception cref="NvrtcException">NVRTC gives no log.</exception>
    public string GetLog()
    {
        nuint size;
        library.Check(library.Functions.GetProgramLogSize(handle, &size), "nvrtcGetProgramLogSize");
        var bytes = new byte[size];
        fixed (byte* b = bytes) library.Check(library.Functions.GetProgramLog(handle, b), "nvrtcGetProgramLog");
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }

    /// <summary>The PTX, without the zero byte that NVRTC ends it with.</summary>
    /// <exception cref="NvrtcException">There is none: the program failed to compile, or an option asked for another
    /// format.</exception>
    public byte[] GetPtx()
    {
        nuint size;
        library.Check(library.Functions.GetPtxSize(handle, &size), "nvrtcGetPTXSize");
        var bytes = new byte[size];
        fixed (byte* b = bytes) library.Check(library.Functions.GetPtx(handle, b), "nvrtcGetPTX");
        return bytes is [.. var text, 0] ? text : bytes;
    }

    /// <summary>The machine code: empty if the program was compiled for a virtual architecture.</summary>
    /// <exception cref="NvrtcException">There is none: the program failed to compile, or an option asked for another
    /// format.</exception>
    public byte[] GetCubin()
    {
        nuint size;
        library.Check(library.Functions.GetCubinSize(handle, &size), "nvrtcGetCUBINSize");
        var bytes = new byte[size];
        if (size == 0) return bytes;
        fixed (byte* b = bytes) library.Check(library.Functions.GetCubin(handle, b), "nvrtcGetCUBIN");
        return bytes;
    }

    /// <summary>The symbol of what a name expression named.</summary>
    /// <param name="expression">As it was added.</param>
    /// <exception cref="NvrtcException">It was not added, or the program is not compiled.</exception>
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
