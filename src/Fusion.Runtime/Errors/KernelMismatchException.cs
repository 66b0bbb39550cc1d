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

/// <summary>A kernel takes other parameters than the launcher that was generated for it gives. Nothing was launched.</summary>
public sealed class LauncherMismatchException : FusionException
{
    internal LauncherMismatchException(KernelDeclaration declaration, string difference)
        : base(ErrorCodes.LauncherMismatch,
            $"The launcher of the kernel '{declaration.Name}' of the module '{declaration.Module}' does not fit it: " +
            $"{difference}. Lay out the C# type that FusionTypeMap names as the kernel's, or build the project again if its kernels changed.") =>
        Kernel = declaration.Name;

    /// <summary>The kernel's name.</summary>
    public string Kernel { get; }
}
