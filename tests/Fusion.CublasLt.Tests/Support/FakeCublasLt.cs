using System.Runtime.InteropServices;
using Fusion.Interop;
using Fusion.Interop.CublasLt;

namespace Fusion.CublasLt.Tests.Support;

/// <summary>A cuBLASLt that multiplies nothing: it notes what it is told. Descriptions are numbers of entries.</summary>
internal sealed unsafe class FakeCublasLt : IExportTable
{
    private static readonly Dictionary<nint, Dictionary<int, ulong>> Descriptions = [];
    private static readonly Dictionary<nint, (CudaDataType Type, ulong Rows, ulong Columns)> Layouts = [];
    private static Version version = new(12, 9, 1);
    private static nint last;

    private readonly Dictionary<string, nint> functions;

    private FakeCublasLt() => functions = new()
    {
        ["cublasLtCreate"] = (nint)(delegate* unmanaged<nint*, CublasStatus>)&Make,
        ["cublasLtDestroy"] = (nint)(delegate* unmanaged<nint, CublasStatus>)&Drop,
        ["cublasLtGetStatusName"] = (nint)(delegate* unmanaged<CublasStatus, byte*>)&NameOf,
        ["cublasLtGetProperty"] = (nint)(delegate* unmanaged<int, int*, CublasStatus>)&GetProperty,
        ["cublasLtMatmulAlgoGetHeuristic"] =
            (nint)(delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, MatmulSearchResult*, int*, CublasStatus>)&Search,
        ["cublasLtMatmul"] = (nint)(delegate* unmanaged<
            nint, nint, float*, ulong, nint, ulong, nint, float*, ulong, nint, ulong, nint, MatmulAlgorithm*, ulong, nuint, nint, CublasStatus>)&Multiply,
        ["cublasLtMatrixLayoutCreate"] = (nint)(delegate* unmanaged<nint*, CudaDataType, ulong, ulong, long, CublasStatus>)&MakeLayout,
        ["cublasLtMatrixLayoutDestroy"] = (nint)(delegate* unmanaged<nint, CublasStatus>)&Drop,
        ["cublasLtMatmulDescCreate"] = (nint)(delegate* unmanaged<nint*, int, CudaDataType, CublasStatus>)&MakeMatmul,
        ["cublasLtMatmulDescDestroy"] = (nint)(delegate* unmanaged<nint, CublasStatus>)&Drop,
        ["cublasLtMatmulDescSetAttribute"] = (nint)(delegate* unmanaged<nint, int, byte*, nuint, CublasStatus>)&Set,
        ["cublasLtMatmulDescGetAttribute"] = (nint)(delegate* unmanaged<nint, int, byte*, nuint, nuint*, CublasStatus>)&Get,
        ["cublasLtMatmulPreferenceCreate"] = (nint)(delegate* unmanaged<nint*, CublasStatus>)&Make,
        ["cublasLtMatmulPreferenceDestroy"] = (nint)(delegate* unmanaged<nint, CublasStatus>)&Drop,
        ["cublasLtMatmulPreferenceSetAttribute"] = (nint)(delegate* unmanaged<nint, int, byte*, nuint, CublasStatus>)&Set,
    };

    /// <summary>Number of searches for an algorithm.</summary>
    public static int Searches { get; private set; }

    /// <summary>Preferences of the last search.</summary>
    public static Dictionary<int, ulong> Preferences { get; private set; } = [];

    /// <summary>The last matmul.</summary>
    public static Launch Last { get; private set; }

    /// <summary>Number of descriptions and handles that were not destroyed.</summary>
    public static int Live => Descriptions.Count + Layouts.Count;

    /// <summary>Result of the next calls of the library's matmul and of its searches.</summary>
    public static CublasStatus Result { get; set; }

    /// <summary>Workspace that the algorithms need.</summary>
    public static nuint WorkspaceBytes { get; set; }

    /// <summary>Number of algorithms that a search finds.</summary>
    public static int Found { get; set; }

    /// <summary>Makes a library of a version, and forgets what was noted.</summary>
    public static CublasLtLibrary Of(string number)
    {
        (version, Searches, Result, WorkspaceBytes, Found) = (Version.Parse(number), 0, CublasStatus.Success, 1024, 1);
        return CublasLtLibrary.Of(new FakeCublasLt());
    }

    /// <summary>What a layout says of the matrix.</summary>
    public static (CudaDataType Type, ulong Rows, ulong Columns) LayoutOf(nint layout) => Layouts[layout];

    public bool TryGet(string name, out nint address) => functions.TryGetValue(name, out address);

    /// <summary>A matmul as the library saw it.</summary>
    internal readonly record struct Launch(
        Dictionary<int, ulong> Operation, float Alpha, float Beta, ulong A, nint ALayout, ulong B, nint BLayout, ulong C, ulong D, nint DLayout,
        ulong Algorithm, ulong Workspace, nuint WorkspaceBytes, nint Stream)
    {
        public ulong this[MatmulProperty property] => Operation.GetValueOrDefault((int)property);
    }

    [UnmanagedCallersOnly]
    private static CublasStatus Make(nint* made)
    {
        Descriptions[*made = ++last] = [];
        return CublasStatus.Success;
    }

    [UnmanagedCallersOnly]
    private static CublasStatus MakeMatmul(nint* made, int compute, CudaDataType scale)
    {
        Descriptions[*made = ++last] = new() { [0] = (ulong)compute, [1] = (ulong)scale };
        return CublasStatus.Success;
    }

    [UnmanagedCallersOnly]
    private static CublasStatus MakeLayout(nint* made, CudaDataType type, ulong rows, ulong columns, long distance)
    {
        Layouts[*made = ++last] = (type, rows, columns);
        return distance == (long)rows ? CublasStatus.Success : CublasStatus.InvalidValue;
    }

    [UnmanagedCallersOnly]
    private static CublasStatus Drop(nint one) =>
        Descriptions.Remove(one) | Layouts.Remove(one) ? CublasStatus.Success : CublasStatus.InvalidValue;

    [UnmanagedCallersOnly]
    private static CublasStatus Set(nint one, int property, byte* value, nuint bytes)
    {
        Descriptions[one][property] = bytes switch { 1 => *value, 4 => *(uint*)value, _ => *(ulong*)value };
        return CublasStatus.Success;
    }

    [UnmanagedCallersOnly]
    private static CublasStatus Get(nint one, int property, byte* value, nuint bytes, nuint* written) => CublasStatus.NotSupported;

    [UnmanagedCallersOnly]
    private static CublasStatus GetProperty(int number, int* value)
    {
        *value = number switch { 0 => version.Major, 1 => version.Minor, _ => version.Build };
        return CublasStatus.Success;
    }

    [UnmanagedCallersOnly]
    private static byte* NameOf(CublasStatus status) =>
        (byte*)Marshal.StringToCoTaskMemUTF8(status == CublasStatus.ExecutionFailed ? "CUBLAS_STATUS_EXECUTION_FAILED" : "CUBLAS_STATUS_OTHER");

    [UnmanagedCallersOnly]
    private static CublasStatus Search(
        nint lt, nint operation, nint a, nint b, nint c, nint d, nint preference, int asked, MatmulSearchResult* results, int* count)
    {
        Searches++;
        Preferences = new(Descriptions[preference]);
        results->State = CublasStatus.Success;
        results->WorkspaceBytes = WorkspaceBytes;
        results->Algorithm[0] = (ulong)Searches;
        *count = Math.Min(asked, Found);
        return Result;
    }

    [UnmanagedCallersOnly]
    private static CublasStatus Multiply(
        nint lt, nint operation, float* alpha, ulong a, nint aLayout, ulong b, nint bLayout, float* beta, ulong c, nint cLayout, ulong d,
        nint dLayout, MatmulAlgorithm* algorithm, ulong workspace, nuint workspaceBytes, nint stream)
    {
        Last = new(Descriptions[operation], *alpha, *beta, a, aLayout, b, bLayout, c, d, dLayout, (*algorithm)[0], workspace, workspaceBytes, stream);
        return Result;
    }
}
