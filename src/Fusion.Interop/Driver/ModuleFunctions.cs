using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Modules and the functions in them. The context of the module must be current.</summary>
public sealed unsafe class ModuleFunctions
{
    private readonly delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult> load;
    private readonly delegate* unmanaged<nint, CudaResult> unload;
    private readonly delegate* unmanaged<nint*, nint, byte*, CudaResult> getFunction;
    private readonly delegate* unmanaged<int*, FunctionProperty, nint, CudaResult> getAttribute;
    private readonly delegate* unmanaged<nint, FunctionProperty, int, CudaResult> setAttribute;
    private readonly delegate* unmanaged<nint, CudaResult> loadFunction;
    private readonly delegate* unmanaged<nint, nuint, nuint*, nuint*, CudaResult> getParameter;

    internal ModuleFunctions(IExportTable exports)
    {
        load = (delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult>)
            exports.Get("cuModuleLoadDataEx");
        unload = (delegate* unmanaged<nint, CudaResult>)exports.Get("cuModuleUnload");
        getFunction = (delegate* unmanaged<nint*, nint, byte*, CudaResult>)
            exports.Get("cuModuleGetFunction");
        getAttribute = (delegate* unmanaged<int*, FunctionProperty, nint, CudaResult>)
            exports.Get("cuFuncGetAttribute");
        setAttribute = (delegate* unmanaged<nint, FunctionProperty, int, CudaResult>)
            exports.Get("cuFuncSetAttribute");
        if (exports.TryGet("cuFuncLoad", out var export))
            loadFunction = (delegate* unmanaged<nint, CudaResult>)export;
        if (exports.TryGet("cuFuncGetParamInfo", out export))
            getParameter = (delegate* unmanaged<nint, nuint, nuint*, nuint*, CudaResult>)export;
    }

    /// <summary>Whether the driver has <see cref="LoadFunction"/> (from 12.4 on).</summary>
    public bool CanLoadFunction => loadFunction is not null;

    /// <summary>Whether the driver has <see cref="GetParameter"/> (from 12.4 on).</summary>
    public bool CanGetParameter => getParameter is not null;

    /// <summary><c>cuModuleLoadDataEx</c>.</summary>
    /// <param name="image">A cubin, or PTX that ends with a zero byte.</param>
    /// <param name="options">What to set.</param>
    /// <param name="values">The value of each option, in its place.</param>
    /// <param name="module">The module.</param>
    public CudaResult Load(void* image, ReadOnlySpan<JitOption> options, Span<nint> values, out nint module)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, options.Length);
        fixed (nint* m = &module)
        fixed (JitOption* o = options)
        fixed (nint* v = values)
            return load(m, image, (uint)options.Length, o, (void**)v);
    }

    /// <summary><c>cuModuleUnload</c>.</summary>
    /// <param name="module">The module.</param>
    public CudaResult Unload(nint module) => unload(module);

    /// <summary><c>cuModuleGetFunction</c>.</summary>
    /// <param name="module">The module.</param>
    /// <param name="symbol">The function's symbol in it.</param>
    /// <param name="function">The function; as good as the module lives.</param>
    public CudaResult GetFunction(nint module, string symbol, out nint function)
    {
        var name = Marshal.StringToCoTaskMemUTF8(symbol);
        try
        {
            fixed (nint* p = &function) return getFunction(p, module, (byte*)name);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    /// <summary><c>cuFuncGetAttribute</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="attribute">What to ask.</param>
    /// <param name="value">The answer.</param>
    public CudaResult GetAttribute(nint function, FunctionProperty attribute, out int value)
    {
        fixed (int* p = &value) return getAttribute(p, attribute, function);
    }

    /// <summary><c>cuFuncSetAttribute</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="attribute">What to set.</param>
    /// <param name="value">To what.</param>
    public CudaResult SetAttribute(nint function, FunctionProperty attribute, int value) =>
        setAttribute(function, attribute, value);

    /// <summary><c>cuFuncLoad</c>: brings the function's code to the device now, not at its first launch.</summary>
    /// <param name="function">The function.</param>
    /// <exception cref="NotSupportedException">The driver has no such function (<see cref="CanLoadFunction"/>).</exception>
    public CudaResult LoadFunction(nint function) =>
        CanLoadFunction ? loadFunction(function) : throw new NotSupportedException("This driver has no cuFuncLoad.");

    /// <summary><c>cuFuncGetParamInfo</c>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="index">Number of the parameter, from 0.</param>
    /// <param name="offset">Where it starts in the parameter block, in bytes.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <returns><see cref="CudaResult.InvalidValue"/> beyond the last parameter.</returns>
    /// <exception cref="NotSupportedException">The driver has no such function (<see cref="CanGetParameter"/>).</exception>
    public CudaResult GetParameter(nint function, int index, out int offset, out int size)
    {
        if (!CanGetParameter) throw new NotSupportedException("This driver has no cuFuncGetParamInfo.");
        nuint start = 0, length = 0;
        var result = getParameter(function, (nuint)index, &start, &length);
        (offset, size) = ((int)start, (int)length);
        return result;
    }
}
