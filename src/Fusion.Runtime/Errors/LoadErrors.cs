using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>Errors of loading kernels, FUSION2001 to 2005, 2010 and 2014.</summary>
internal static class LoadErrors
{
    /// <summary>Name of the switch of <see cref="AppContext"/> by which FusionBuiltInKernels=false says that the program does no
    /// all-reduce.</summary>
    private const string BuiltInKernels = "Fusion.Runtime.BuiltInKernels";

    /// <summary>An assembly carries no kernels.</summary>
    public static KernelLoadException NoKernels(Assembly assembly) => new(ErrorCodes.NoKernels, NameOf(assembly),
        $"The assembly '{NameOf(assembly)}' carries no GPU kernels. {AdviceWithoutKernels(assembly)}");

    /// <summary>The manifest of an assembly cannot be read, or is newer than this library.</summary>
    public static KernelLoadException Manifest(Assembly assembly, Exception reason) => new(ErrorCodes.Manifest, NameOf(assembly),
        $"The kernel manifest of the assembly '{NameOf(assembly)}' cannot be read: {reason.Message} Build the assembly again, " +
        $"with a Fusion.Sdk of the same version as Fusion.Runtime, which reads schema {KernelManifest.CurrentSchema} and older.",
        reason);

    /// <summary>None of a module's images runs on the GPU.</summary>
    public static KernelLoadException NoSuitableImage(KernelModule module, string gpuName, ComputeCapability gpu, ImageKind? kind)
    {
        var wanted = kind switch
        {
            ImageKind.Cubin => "machine code (a cubin), which was asked for,",
            ImageKind.Ptx => "PTX, which was asked for,",
            _ => "image",
        };
        var add = kind == ImageKind.Ptx
            ? $"compute_{gpu.Number} or an older compute_NN"
            : $"sm_{gpu.Number} (machine code for this GPU), or compute_{gpu.Number} or an older one (PTX, for later GPUs too)";
        return new(ErrorCodes.NoSuitableImage, module.Name,
            $"No {wanted} of the module '{module.Name}' runs on {gpuName} (compute capability {gpu}). It has " +
            $"{ImageSelector.List(module)}. Add {add} to FusionArchitectures in the project of the kernels and build it again.");
    }

    /// <summary>No image of a module was chosen for a GPU.</summary>
    public static KernelLoadException NoSuitableImage(ImageChoice choice, ComputeCapability gpu) =>
        new(ErrorCodes.NoSuitableImage, choice.Module.Name,
            $"No image of the module '{choice.Module.Name}' was chosen: {choice.Reason}. Add sm_{gpu.Number} (machine code for this " +
            "GPU) to FusionArchitectures in the project of the kernels and build it again.");

    /// <summary>The PTX that the GPU could run is newer than the driver.</summary>
    public static KernelLoadException DriverTooOldForPtx(KernelModule module, KernelImage image, Version driver)
    {
        var needed = Version.TryParse(image.PtxVersion, out var ptx) ? PtxVersions.DriverFor(ptx) : "a newer driver";
        return new(ErrorCodes.DriverTooOld, module.Name,
            $"The module '{module.Name}' has only PTX {image.PtxVersion} ({image.Architecture}) for this GPU, but the driver (CUDA " +
            $"{driver}) takes PTX up to {PtxVersions.ForDriver(driver)}. It needs {needed}. Update the driver, or add this GPU's " +
            "sm_NN to FusionArchitectures, or compile with an older NVRTC.");
    }

    /// <summary>The driver refuses machine code of a newer NVRTC.</summary>
    public static KernelLoadException DriverTooOldForCubin(KernelModule module, KernelImage image, Version nvrtc, Version driver) =>
        new(ErrorCodes.DriverTooOld, module.Name,
            $"The driver (CUDA {driver}) refuses the {image.Architecture} machine code of the module '{module.Name}', which NVRTC " +
            $"{nvrtc} made: it needs {PtxVersions.DriverForCubin(nvrtc)}. Update the driver, or compile with an NVRTC of CUDA " +
            $"{driver.Major}.");

    /// <summary>An image in an assembly is missing or is not what the compiler made.</summary>
    public static KernelLoadException CorruptedImage(KernelImage image, string found) => new(ErrorCodes.CorruptedImage, image.Resource,
        $"The image '{image.Resource}' is not as Fusion.Sdk made it: {found}. Was the assembly changed after the build? Clean and " +
        "build its project again.");

    /// <summary>A kernel's parameters in the image differ from those in the manifest.</summary>
    public static KernelLoadException KernelMismatch(string module, string kernel, string architecture, string difference) =>
        new(ErrorCodes.KernelMismatch, kernel,
            $"The kernel '{kernel}' of the module '{module}' ({architecture}) is not as its manifest says: {difference}. Clean and " +
            "build the project of the kernels again.");

    /// <summary>A kernel's parameters differ from those that its generated launcher passes.</summary>
    public static KernelLoadException LauncherMismatch(KernelDeclaration declaration, string difference) =>
        new(ErrorCodes.LauncherMismatch, declaration.Name,
            $"The launcher of the kernel '{declaration.Name}' of the module '{declaration.Module}' does not fit it: {difference}. Lay " +
            "out the C# type that FusionTypeMap names as the kernel's, or build the project again if its kernels changed.");

    /// <summary>A variable's size differs from that of its generated accessor.</summary>
    public static KernelLoadException LauncherMismatch(VariableDeclaration declaration, string difference) =>
        new(ErrorCodes.LauncherMismatch, declaration.Name,
            $"The accessor of the variable '{declaration.Name}' of the module '{declaration.Module}' does not fit it: {difference}. " +
            "Lay out the C# type that FusionTypeMap names as the variable's, or build the project again if it changed.");

    private static string NameOf(Assembly assembly) => assembly.GetName().Name ?? "";

    // The SDK marks assemblies whose kernels it was told not to compile, and programs whose trimmer removes them.
    private static string AdviceWithoutKernels(Assembly assembly) =>
        assembly == typeof(LoadErrors).Assembly && AppContext.TryGetSwitch(BuiltInKernels, out var kept) && !kept
            ? "The program was published with FusionBuiltInKernels=false, which leaves them out: publish it without that property."
        : assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Any(mark => mark is { Key: "FusionCompileKernels", Value: "false" })
            ? "Its project was built with FusionCompileKernels=false, which leaves them out: build it without that property."
            : "Build its project with the SDK Fusion.Sdk and a .cu file in it, or give the assembly that has the kernels.";
}
