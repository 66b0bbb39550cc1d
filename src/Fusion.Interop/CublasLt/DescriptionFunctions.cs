using System.Runtime.CompilerServices;

namespace Fusion.Interop.CublasLt;

/// <summary>Functions for cuBLASLt's descriptions of matrices, of matmuls and of preferences for a search.</summary>
public sealed unsafe class DescriptionFunctions
{
    private const int Compute32F = 68;

    private readonly delegate* unmanaged<nint*, CudaDataType, ulong, ulong, long, CublasStatus> createLayout;
    private readonly delegate* unmanaged<nint, CublasStatus> destroyLayout;
    private readonly delegate* unmanaged<nint*, int, CudaDataType, CublasStatus> createMatmul;
    private readonly delegate* unmanaged<nint, CublasStatus> destroyMatmul;
    private readonly delegate* unmanaged<nint, MatmulProperty, void*, nuint, CublasStatus> setMatmul;
    private readonly delegate* unmanaged<nint, MatmulProperty, void*, nuint, nuint*, CublasStatus> getMatmul;
    private readonly delegate* unmanaged<nint*, CublasStatus> createPreference;
    private readonly delegate* unmanaged<nint, CublasStatus> destroyPreference;
    private readonly delegate* unmanaged<nint, PreferenceProperty, void*, nuint, CublasStatus> setPreference;

    internal DescriptionFunctions(IExportTable exports)
    {
        createLayout = (delegate* unmanaged<nint*, CudaDataType, ulong, ulong, long, CublasStatus>)exports.Get("cublasLtMatrixLayoutCreate");
        destroyLayout = (delegate* unmanaged<nint, CublasStatus>)exports.Get("cublasLtMatrixLayoutDestroy");
        createMatmul = (delegate* unmanaged<nint*, int, CudaDataType, CublasStatus>)exports.Get("cublasLtMatmulDescCreate");
        destroyMatmul = (delegate* unmanaged<nint, CublasStatus>)exports.Get("cublasLtMatmulDescDestroy");
        setMatmul = (delegate* unmanaged<nint, MatmulProperty, void*, nuint, CublasStatus>)exports.Get("cublasLtMatmulDescSetAttribute");
        getMatmul = (delegate* unmanaged<nint, MatmulProperty, void*, nuint, nuint*, CublasStatus>)exports.Get("cublasLtMatmulDescGetAttribute");
        createPreference = (delegate* unmanaged<nint*, CublasStatus>)exports.Get("cublasLtMatmulPreferenceCreate");
        destroyPreference = (delegate* unmanaged<nint, CublasStatus>)exports.Get("cublasLtMatmulPreferenceDestroy");
        setPreference = (delegate* unmanaged<nint, PreferenceProperty, void*, nuint, CublasStatus>)exports.Get("cublasLtMatmulPreferenceSetAttribute");
    }

    /// <summary>Calls <c>cublasLtMatrixLayoutCreate</c> for a dense column-major matrix.</summary>
    /// <param name="layout">The description.</param>
    /// <param name="type">Type of the elements.</param>
    /// <param name="rows">Number of rows, which is also the distance of columns.</param>
    /// <param name="columns">Number of columns.</param>
    public CublasStatus CreateLayout(out nint layout, CudaDataType type, long rows, long columns)
    {
        fixed (nint* p = &layout) return createLayout(p, type, (ulong)rows, (ulong)columns, rows);
    }

    /// <summary>Calls <c>cublasLtMatrixLayoutDestroy</c>.</summary>
    /// <param name="layout">The description.</param>
    public CublasStatus DestroyLayout(nint layout) => destroyLayout(layout);

    /// <summary>Calls <c>cublasLtMatmulDescCreate</c> for a matmul that computes in f32.</summary>
    /// <param name="operation">The description.</param>
    public CublasStatus CreateMatmul(out nint operation)
    {
        fixed (nint* p = &operation) return createMatmul(p, Compute32F, CudaDataType.F32);
    }

    /// <summary>Calls <c>cublasLtMatmulDescDestroy</c>.</summary>
    /// <param name="operation">The description.</param>
    public CublasStatus DestroyMatmul(nint operation) => destroyMatmul(operation);

    /// <summary>Calls <c>cublasLtMatmulDescSetAttribute</c>.</summary>
    /// <typeparam name="T">Type of the value, of the size that the attribute has.</typeparam>
    /// <param name="operation">The description.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">Value of the attribute.</param>
    public CublasStatus Set<T>(nint operation, MatmulProperty attribute, T value)
        where T : unmanaged => setMatmul(operation, attribute, &value, (nuint)Unsafe.SizeOf<T>());

    /// <summary>Calls <c>cublasLtMatmulDescGetAttribute</c>.</summary>
    /// <typeparam name="T">Type of the value, of the size that the attribute has.</typeparam>
    /// <param name="operation">The description.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">Value of the attribute.</param>
    public CublasStatus Get<T>(nint operation, MatmulProperty attribute, out T value)
        where T : unmanaged
    {
        nuint written;
        fixed (T* p = &value) return getMatmul(operation, attribute, p, (nuint)Unsafe.SizeOf<T>(), &written);
    }

    /// <summary>Calls <c>cublasLtMatmulPreferenceCreate</c>.</summary>
    /// <param name="preference">The preferences.</param>
    public CublasStatus CreatePreference(out nint preference)
    {
        fixed (nint* p = &preference) return createPreference(p);
    }

    /// <summary>Calls <c>cublasLtMatmulPreferenceDestroy</c>.</summary>
    /// <param name="preference">The preferences.</param>
    public CublasStatus DestroyPreference(nint preference) => destroyPreference(preference);

    /// <summary>Calls <c>cublasLtMatmulPreferenceSetAttribute</c>.</summary>
    /// <typeparam name="T">Type of the value, of the size that the attribute has.</typeparam>
    /// <param name="preference">The preferences.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">Value of the attribute.</param>
    public CublasStatus Set<T>(nint preference, PreferenceProperty attribute, T value)
        where T : unmanaged => setPreference(preference, attribute, &value, (nuint)Unsafe.SizeOf<T>());
}
