using System.Runtime.InteropServices;

namespace Fusion.Interop.Nvrtc;

/// <summary>Functions of one NVRTC library.</summary>
internal sealed unsafe class NvrtcFunctions(nint library)
{
    public readonly delegate* unmanaged<int*, int*, NvrtcResult> Version =
        (delegate* unmanaged<int*, int*, NvrtcResult>)Export(library, "nvrtcVersion");

    public readonly delegate* unmanaged<int*, NvrtcResult> GetNumSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)Export(library, "nvrtcGetNumSupportedArchs");

    public readonly delegate* unmanaged<int*, NvrtcResult> GetSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)Export(library, "nvrtcGetSupportedArchs");

    public readonly delegate* unmanaged<NvrtcResult, byte*> GetErrorString =
        (delegate* unmanaged<NvrtcResult, byte*>)Export(library, "nvrtcGetErrorString");

    public readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult> CreateProgram =
        (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult>)Export(library, "nvrtcCreateProgram");

    public readonly delegate* unmanaged<nint*, NvrtcResult> DestroyProgram =
        (delegate* unmanaged<nint*, NvrtcResult>)Export(library, "nvrtcDestroyProgram");

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> AddNameExpression =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Export(library, "nvrtcAddNameExpression");

    public readonly delegate* unmanaged<nint, int, byte**, NvrtcResult> CompileProgram =
        (delegate* unmanaged<nint, int, byte**, NvrtcResult>)Export(library, "nvrtcCompileProgram");

    public readonly delegate* unmanaged<nint, byte*, byte**, NvrtcResult> GetLoweredName =
        (delegate* unmanaged<nint, byte*, byte**, NvrtcResult>)Export(library, "nvrtcGetLoweredName");

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> GetProgramLogSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Export(library, "nvrtcGetProgramLogSize");

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> GetProgramLog =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Export(library, "nvrtcGetProgramLog");

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> GetPtxSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Export(library, "nvrtcGetPTXSize");

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> GetPtx =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Export(library, "nvrtcGetPTX");

    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> GetCubinSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)Export(library, "nvrtcGetCUBINSize");

    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> GetCubin =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)Export(library, "nvrtcGetCUBIN");

    private static nint Export(nint library, string name) => NativeLibrary.GetExport(library, name);
}
