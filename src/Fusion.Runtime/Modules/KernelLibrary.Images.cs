using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <content>Images, without a GPU.</content>
public sealed partial class KernelLibrary
{
    /// <summary>Chooses the images of an assembly that a GPU would load, without a GPU.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <param name="capability">Compute capability of the GPU.</param>
    /// <param name="driverPtx">Newest PTX version that the driver accepts, as in <see cref="GpuDriver.MaxPtxVersion"/>; null
    /// for a driver that accepts all.</param>
    /// <returns>A choice for each module, whose image is null if none can be loaded.</returns>
    /// <exception cref="KernelLoadException">The assembly has no kernels.</exception>
    /// <exception cref="KernelLoadException">The manifest of its kernels cannot be read.</exception>
    public static IReadOnlyList<ImageChoice> Choose(
        Assembly assembly, ComputeCapability capability, Version? driverPtx = null) =>
        [.. ReadManifest(assembly).Modules.Select(module => ImageSelector.Choose(module, capability, driverPtx))];

    /// <summary>Reads the image of a module that a GPU would load, inflated and checked, without a GPU: for another library that
    /// loads it.</summary>
    /// <param name="assembly">An assembly that was built with Fusion.Sdk.</param>
    /// <param name="module">Name of the module, such as <c>kernels/rms_norm</c>.</param>
    /// <param name="capability">Compute capability of the GPU.</param>
    /// <param name="driverPtx">Newest PTX version that the driver accepts, as in <see cref="GpuDriver.MaxPtxVersion"/>; null
    /// for a driver that accepts all.</param>
    /// <returns>What <c>cuModuleLoadData</c> takes: a cubin, or PTX with a zero byte behind it.</returns>
    /// <exception cref="KernelLoadException">The assembly has no kernels.</exception>
    /// <exception cref="KernelLoadException">The manifest of its kernels cannot be read.</exception>
    /// <exception cref="ArgumentException">There is no such module.</exception>
    /// <exception cref="KernelLoadException">No image of the module runs on the GPU with that driver.</exception>
    /// <exception cref="KernelLoadException">The image is not what the compiler made.</exception>
    public static byte[] ReadImage(Assembly assembly, string module, ComputeCapability capability, Version? driverPtx = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        var choices = Choose(assembly, capability, driverPtx);
        var choice = choices.FirstOrDefault(one => one.Module.Name == module) ?? throw new ArgumentException(
            $"There is no module '{module}' in {assembly.GetName().Name}. There is: {string.Join(", ", choices.Select(one => one.Module.Name))}.",
            nameof(module));
        return choice.Image is null ? throw LoadErrors.NoSuitableImage(choice, capability) : choice.ReadImage(assembly);
    }
}
