using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>None of a module's images runs on the GPU.</summary>
public sealed class NoSuitableImageException : FusionException
{
    internal NoSuitableImageException(KernelModule module, string gpuName, ComputeCapability gpu, ImageKind? kind)
        : base(ErrorCodes.NoSuitableImage, Describe(module, gpuName, gpu, kind)) =>
        (Module, Capability) = (module.Name, gpu);

    internal NoSuitableImageException(ImageChoice choice, ComputeCapability gpu)
        : base(ErrorCodes.NoSuitableImage, $"No image of the module '{choice.Module.Name}' was chosen: {choice.Reason}. Add sm_{gpu.Number} " +
            "(machine code for this GPU) to FusionArchitectures in the project of the kernels and build it again.") =>
        (Module, Capability) = (choice.Module.Name, gpu);

    /// <summary>Name of the module.</summary>
    public string Module { get; }

    /// <summary>Compute capability of the GPU.</summary>
    public ComputeCapability Capability { get; }

    private static string Describe(KernelModule module, string gpuName, ComputeCapability gpu, ImageKind? kind)
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
        return $"No {wanted} of the module '{module.Name}' runs on {gpuName} (compute capability {gpu}). " +
            $"It has {ImageSelector.List(module)}. Add {add} to FusionArchitectures in the project of the kernels and " +
            "build it again.";
    }
}
