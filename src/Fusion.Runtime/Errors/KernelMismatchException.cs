namespace Fusion.Runtime;

/// <summary>A kernel's parameters in the image differ from those in the manifest.</summary>
public sealed class KernelMismatchException : FusionException
{
    internal KernelMismatchException(string module, string kernel, string architecture, string difference)
        : base(ErrorCodes.KernelMismatch,
            $"The kernel '{kernel}' of the module '{module}' ({architecture}) is not as its manifest says: {difference}. " +
            "Clean and build the project of the kernels again.") =>
        Kernel = kernel;

    /// <summary>Name of the kernel.</summary>
    public string Kernel { get; }
}

/// <summary>A kernel's parameters differ from those that its generated launcher passes, or a variable's size from that of its
/// generated accessor. Nothing was launched.</summary>
public sealed class LauncherMismatchException : FusionException
{
    internal LauncherMismatchException(KernelDeclaration declaration, string difference)
        : base(ErrorCodes.LauncherMismatch,
            $"The launcher of the kernel '{declaration.Name}' of the module '{declaration.Module}' does not fit it: " +
            $"{difference}. Lay out the C# type that FusionTypeMap names as the kernel's, or build the project again if its kernels changed.") =>
        Kernel = declaration.Name;

    internal LauncherMismatchException(VariableDeclaration declaration, string difference)
        : base(ErrorCodes.LauncherMismatch,
            $"The accessor of the variable '{declaration.Name}' of the module '{declaration.Module}' does not fit it: " +
            $"{difference}. Lay out the C# type that FusionTypeMap names as the variable's, or build the project again if it changed.") =>
        Kernel = declaration.Name;

    /// <summary>Name of the kernel or variable.</summary>
    public string Kernel { get; }
}
