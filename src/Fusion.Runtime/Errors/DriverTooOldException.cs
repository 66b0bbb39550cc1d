using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The driver is too old for the image that the GPU could run.</summary>
public sealed class DriverTooOldException : FusionException
{
    private DriverTooOldException(string message, Version driver)
        : base(ErrorCodes.DriverTooOld, message) => DriverVersion = driver;

    /// <summary>Newest CUDA version that the driver supports.</summary>
    public Version DriverVersion { get; }

    internal static DriverTooOldException ForPtx(KernelModule module, KernelImage image, Version driver)
    {
        var needed = Version.TryParse(image.PtxVersion, out var ptx)
            ? PtxVersions.DriverFor(ptx)
            : "a newer driver";
        return new(
            $"The module '{module.Name}' has only PTX {image.PtxVersion} ({image.Architecture}) for this GPU, but the " +
            $"driver (CUDA {driver}) takes PTX up to {PtxVersions.ForDriver(driver)}. It needs {needed}. Update the driver, " +
            "or add this GPU's sm_NN to FusionArchitectures, or compile with an older NVRTC.", driver);
    }

    internal static DriverTooOldException ForCubin(KernelModule module, KernelImage image, Version nvrtc, Version driver) =>
        new(
            $"The driver (CUDA {driver}) refuses the {image.Architecture} machine code of the module '{module.Name}', which " +
            $"NVRTC {nvrtc} made: it needs {PtxVersions.DriverForCubin(nvrtc)}. Update the driver, or compile with an NVRTC " +
            $"of CUDA {driver.Major}.", driver);
}
