namespace Fusion.Runtime;

/// <summary>A kernel's parameters in the image are not those in the manifest.</summary>
public sealed class KernelMismatchException : FusionException
{
    internal KernelMismatchException(string module, string kernel, string architecture, string difference)
        : base(ErrorCodes.KernelMismatch,
            $"The kernel '{kernel}' of the module '{module}' ({architecture}) is not as its manifest says: {difference}. " +
            "Clean and build the project of the kernels again.") =>
        Kernel = kernel;

    /// <summary>The kernel's name.</summary>
    public string Kernel { get; }
}
