using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>Functions of the driver for names and descriptions of results.</summary>
public sealed unsafe class ErrorFunctions
{
    private readonly delegate* unmanaged<CudaResult, byte**, CudaResult> getName;
    private readonly delegate* unmanaged<CudaResult, byte**, CudaResult> getString;

    internal ErrorFunctions(IExportTable exports)
    {
        getName = (delegate* unmanaged<CudaResult, byte**, CudaResult>)exports.Get("cuGetErrorName");
        getString = (delegate* unmanaged<CudaResult, byte**, CudaResult>)
            exports.Get("cuGetErrorString");
    }

    /// <summary>Calls <c>cuGetErrorName</c>.</summary>
    /// <param name="result">A result.</param>
    /// <returns>Name such as <c>CUDA_ERROR_INVALID_VALUE</c>; the number for a result that the driver does not
    /// know.</returns>
    public string Name(CudaResult result) => TextOf(getName, result) ?? $"result {(int)result}";

    /// <summary>Calls <c>cuGetErrorString</c>.</summary>
    /// <param name="result">A result.</param>
    /// <returns>Description such as <c>invalid argument</c>; empty for a result that the driver does not know.</returns>
    public string Describe(CudaResult result) => TextOf(getString, result) ?? "";

    private static string? TextOf(delegate* unmanaged<CudaResult, byte**, CudaResult> function, CudaResult result)
    {
        byte* text = null;
        return function(result, &text) == CudaResult.Success ? Marshal.PtrToStringUTF8((nint)text) : null;
    }
}
