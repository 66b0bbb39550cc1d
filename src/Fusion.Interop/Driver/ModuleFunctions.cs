using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for modules and the kernels in them. The context of the module must be
/// current.</summary>
public sealed unsafe class ModuleFunctions
{
    private readonly delegate* unmanaged<nint*, void*, uint, JitOption*, void**, CudaResult> load;
    private readonly delegate* unmanaged<nint, CudaResult> unload;
    private readonly delegate* unmanaged<nint*, nint, byte*, CudaResult> getFunction;
    private readonly delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult> getGlobal;
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
        getGlobal = (delegate* unmanaged<ulong*, nuint*, nint, byte*, CudaResult>)
            exports.Get("cuModuleGetGlobal_v2");
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

    /// <summary>Calls <c>cuModuleLoadDataEx</c>.</summary>
    /// <param name="image">Address of a cubin, or of PTX that ends with a zero byte.</param>
    /// <param name="options">Options to set.</param>
    /// <param name="values">Values of the options, in the same order.</param>
    /// <param name="module">The module.</param>
    public CudaResult Load(void* image, ReadOnlySpan<JitOption> options, Span<nint> values, out nint module)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, options.Length);
        fixed (nint* m = &module)
        fixed (JitOption* o = options)
        fixed (nint* v = values)
            return load(m, image, (uint)options.Length, o, (void**)v);
    }

    /// <summary>Calls <c>cuModuleUnload</c>.</summary>
    /// <param name="module">The module.</param>
    public CudaResult Unload(nint module) => unload(module);

    /// <summary>Calls <c>cuModuleGetFunction</c>.</summary>
    /// <param name="module">The module.</param>
    /// <param name="symbol">Symbol of the kernel in the module.</param>
    /// <param name="function">Handle of the kernel, valid as long as the module.</param>
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

    /// <summary>Calls <c>cuModuleGetGlobal</c>.</summary>
    /// <param name="module">The module.</param>
    /// <param name="symbol">Symbol of the variable in the module.</param>
    /// <param name="address">Address of the variable, valid as long as the module.</param>
    /// <param name="bytes">Size of the variable in bytes.</param>
    public CudaResult GetGlobal(nint module, string symbol, out ulong address, out nuint bytes)
    {
        var name = Marshal.StringToCoTaskMemUTF8(symbol);
        try
        {
            fixed (ulong* a = &address)
            fixed (nuint* b = &bytes)
                return getGlobal(a, b, module, (byte*)name);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    /// <summary>Calls <c>cuFuncGetAttribute</c>.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="attribute">Attribute to read.</param>
    /// <param name="value">Value of the attribute.</param>
    public CudaResult GetAttribute(nint function, FunctionProperty attribute, out int value)
    {
        fixed (int* p = &value) return getAttribute(p, attribute, function);
    }

    /// <summary>Calls <c>cuFuncSetAttribute</c>.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="attribute">Attribute to set.</param>
    /// <param name="value">New value of the attribute.</param>
    public CudaResult SetAttribute(nint function, FunctionProperty attribute, int value) =>
        setAttribute(function, attribute, value);

    /// <summary>Calls <c>cuFuncLoad</c>, which loads the kernel's code onto the device now instead of at the first
    /// launch.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <exception cref="NotSupportedException">The driver does not have the function
    /// (<see cref="CanLoadFunction"/>).</exception>
    public CudaResult LoadFunction(nint function) =>
        CanLoadFunction ? loadFunction(function) : throw new NotSupportedException("This driver has no cuFuncLoad.");

    /// <summary>Calls <c>cuFuncGetParamInfo</c>.</summary>
    /// <param name="function">Handle of the kernel.</param>
    /// <param name="index">Index of the parameter, from 0.</param>
    /// <param name="offset">Offset of the parameter in the parameter block, in bytes.</param>
    /// <param name="size">Size of the parameter in bytes.</param>
    /// <returns>Result of the call; <see cref="CudaResult.InvalidValue"/> beyond the last parameter.</returns>
    /// <exception cref="NotSupportedException">The driver does not have the function
    /// (<see cref="CanGetParameter"/>).</exception>
    public CudaResult GetParameter(nint function, int index, out int offset, out int size)
    {
        if (!CanGetParameter) throw new NotSupportedException("This driver has no cuFuncGetParamInfo.");
        nuint start = 0, length = 0;
        var result = getParameter(function, (nuint)index, &start, &length);
        (offset, size) = ((int)start, (int)length);
        return result;
    }
}
