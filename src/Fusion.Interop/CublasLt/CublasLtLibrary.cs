using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop.CublasLt;

/// <summary>Functions of cuBLASLt, NVIDIA's library of matrix products, that a matmul needs.</summary>
/// <remarks>The library stays loaded until the process ends. A handle belongs to the context that was current when it was
/// made, and may be used by several threads at a time. Descriptions live in host memory and need no GPU.</remarks>
public sealed unsafe class CublasLtLibrary
{
    private readonly delegate* unmanaged<nint*, CublasStatus> create;
    private readonly delegate* unmanaged<nint, CublasStatus> destroy;
    private readonly delegate* unmanaged<CublasStatus, byte*> getStatusName;
    private readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, MatmulSearchResult*, int*, CublasStatus> getHeuristic;
    private readonly delegate* unmanaged<
        nint, nint, void*, void*, nint, void*, nint, void*, void*, nint, void*, nint, MatmulAlgorithm*, void*, nuint, nint, CublasStatus> matmul;

    private CublasLtLibrary(IExportTable exports)
    {
        create = (delegate* unmanaged<nint*, CublasStatus>)exports.Get("cublasLtCreate");
        destroy = (delegate* unmanaged<nint, CublasStatus>)exports.Get("cublasLtDestroy");
        getStatusName = (delegate* unmanaged<CublasStatus, byte*>)exports.Get("cublasLtGetStatusName");
        getHeuristic = (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, MatmulSearchResult*, int*, CublasStatus>)
            exports.Get("cublasLtMatmulAlgoGetHeuristic");
        matmul = (delegate* unmanaged<
            nint, nint, void*, void*, nint, void*, nint, void*, void*, nint, void*, nint, MatmulAlgorithm*, void*, nuint, nint, CublasStatus>)
            exports.Get("cublasLtMatmul");
        Descriptions = new(exports);
        var getProperty = (delegate* unmanaged<int, int*, CublasStatus>)exports.Get("cublasLtGetProperty");
        Version = new(Property(0), Property(1), Property(2));

        int Property(int number)
        {
            var value = 0;
            _ = getProperty(number, &value);
            return value;
        }
    }

    /// <summary>Version of cuBLASLt, such as 12.4.5. Before CUDA 12 it is not that of CUDA.</summary>
    public Version Version { get; }

    /// <summary>Functions for descriptions of matrices, matmuls and preferences.</summary>
    public DescriptionFunctions Descriptions { get; }

    /// <summary>Makes a library whose functions come from a table, which need not be a library's.</summary>
    /// <param name="exports">Table of the functions by the names that the library exports.</param>
    /// <exception cref="EntryPointNotFoundException">A function is missing.</exception>
    public static CublasLtLibrary Of(IExportTable exports) => new(exports);

    /// <summary>Loads the first of several libraries that can be used.</summary>
    /// <param name="names">Names or paths of the libraries, in the order in which they are tried.</param>
    /// <param name="library">The loaded library.</param>
    /// <param name="failure">Reasons if no library was found, a line for each name.</param>
    /// <returns>Whether a library with all functions was found.</returns>
    public static bool TryLoad(
        IEnumerable<string> names, [NotNullWhen(true)] out CublasLtLibrary? library, [NotNullWhen(false)] out string? failure) =>
        ExportTables.TryLoad(names, exports => new(exports), missing => $"it is no cuBLASLt, or one older than CUDA 11.4's ({missing})", out library, out failure);

    /// <summary>Calls <c>cublasLtCreate</c>, which makes a handle for the current context.</summary>
    /// <param name="handle">The handle.</param>
    public CublasStatus Create(out nint handle)
    {
        fixed (nint* p = &handle) return create(p);
    }

    /// <summary>Calls <c>cublasLtDestroy</c>.</summary>
    /// <param name="handle">The handle.</param>
    public CublasStatus Destroy(nint handle) => destroy(handle);

    /// <summary>Calls <c>cublasLtMatmulAlgoGetHeuristic</c> for the algorithm that the library thinks best.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="operation">Description of the matmul.</param>
    /// <param name="layouts">Descriptions of A, B, C and D.</param>
    /// <param name="preference">The preferences.</param>
    /// <param name="result">The algorithm.</param>
    /// <param name="count">Number of algorithms found: 0 or 1.</param>
    public CublasStatus GetHeuristic(
        nint handle, nint operation, MatmulLayouts layouts, nint preference, out MatmulSearchResult result, out int count)
    {
        fixed (MatmulSearchResult* p = &result)
        fixed (int* q = &count)
        {
            return getHeuristic(handle, operation, layouts.A, layouts.B, layouts.C, layouts.D, preference, 1, p, q);
        }
    }

    /// <summary>Calls <c>cublasLtMatmul</c>: D = alpha · A · B, with what the description says besides. Allocates nothing.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="operation">Description of the matmul.</param>
    /// <param name="layouts">Descriptions of A, B, C and D.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">Address of A.</param>
    /// <param name="b">Address of B.</param>
    /// <param name="d">Address of D.</param>
    /// <param name="algorithm">An algorithm that was found for these descriptions.</param>
    /// <param name="workspace">Address of the workspace.</param>
    /// <param name="workspaceBytes">Size of the workspace in bytes.</param>
    /// <param name="stream">The stream.</param>
    public CublasStatus Matmul(
        nint handle, nint operation, in MatmulLayouts layouts, float alpha, ulong a, ulong b, ulong d, in MatmulAlgorithm algorithm,
        ulong workspace, nuint workspaceBytes, nint stream)
    {
        var beta = 0f;
        fixed (MatmulAlgorithm* p = &algorithm)
        {
            return matmul(
                handle, operation, &alpha, (void*)a, layouts.A, (void*)b, layouts.B, &beta, (void*)d, layouts.C, (void*)d, layouts.D, p,
                (void*)workspace, workspaceBytes, stream);
        }
    }

    /// <summary>Gets the library's name of a result.</summary>
    /// <param name="status">Any result.</param>
    public string NameOf(CublasStatus status) => Marshal.PtrToStringUTF8((nint)getStatusName(status)) ?? status.ToString();
}

/// <summary>Descriptions of a matmul's matrices (<c>cublasLtMatrixLayout_t</c>).</summary>
public readonly record struct MatmulLayouts
{
    /// <summary>Description of A.</summary>
    public nint A { get; init; }

    /// <summary>Description of B.</summary>
    public nint B { get; init; }

    /// <summary>Description of C.</summary>
    public nint C { get; init; }

    /// <summary>Description of D.</summary>
    public nint D { get; init; }
}
