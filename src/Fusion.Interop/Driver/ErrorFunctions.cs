using System.Runtime.InteropServices;

namespace Fusion.Interop.Driver;

/// <summary>What results are called and mean.</summary>
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

    /// <summary><c>cuGetErrorName</c>.</summary>
    /// <param name="result">A result.</param>
    /// <returns><c>CUDA_ERROR_INVALID_VALUE</c>; the number for one that the driver does not know.</returns>
    public string Name(CudaResult result) => Ask(getName, result) ?? $"result {(int)result}";

    /// <summary><c>cuGetErrorString</c>.</summary>
    /// <param name="result">A result.</param>
    /// <returns><c>invalid argument</c>; empty for one that the driver does not know.</returns>
    public string Describe(CudaResult result) => Ask(getString, result) ?? "";

    private static string? Ask(delegate* unmanaged<CudaResult, byte**, CudaResult> function, CudaResult result)
    {
        byte* text = null;
        return function(result, &text) == CudaResult.Success ? Marshal.PtrToStringUTF8((nint)text) : null;
    }
}
