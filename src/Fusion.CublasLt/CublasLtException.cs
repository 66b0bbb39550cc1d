using System.Globalization;
using Fusion.Interop.CublasLt;
using Fusion.Runtime;

namespace Fusion.CublasLt;

/// <summary>cuBLASLt cannot be found (<see cref="CublasLtErrorCodes.NotFound"/>), refused a call or failed
/// (<see cref="CublasLtErrorCodes.Failed"/>), or does not have the matmul in this version or on this GPU
/// (<see cref="CublasLtErrorCodes.NotSupported"/>).</summary>
public sealed class CublasLtException : FusionException
{
    private CublasLtException(string code, string message, int result = 0)
        : base(code, message) => Result = result;

    /// <summary>Result that cuBLASLt returned, a <c>cublasStatus_t</c>; 0 if cuBLASLt was not called.</summary>
    public int Result { get; }

    internal static CublasLtException NotFound(string asked, string reasons) => new(
        CublasLtErrorCodes.NotFound,
        $"No cuBLASLt: {asked}. Install libcublaslt12 or a CUDA toolkit, or name the library of a Python environment " +
        $"(nvidia/cublas/lib or nvidia/cu13/lib) by {nameof(MatmulOptions)}.{nameof(MatmulOptions.LibraryPath)} or " +
        $"{CublasLtPlaces.Variable}.{Environment.NewLine}{reasons}");

    internal static CublasLtException Failed(CublasLtLibrary library, string function, CublasStatus status, string what, string advice) => new(
        CublasLtErrorCodes.Failed,
        string.Create(CultureInfo.InvariantCulture,
            $"{function} of cuBLASLt {library.Version} returned {library.NameOf(status)} ({(int)status}) for {what}. {advice}"),
        (int)status);

    internal static CublasLtException NotSupported(string what, string found, string needed, int result = 0) => new(
        CublasLtErrorCodes.NotSupported, $"There is no {what} on this machine: {found}; needed is {needed}.", result);
}
