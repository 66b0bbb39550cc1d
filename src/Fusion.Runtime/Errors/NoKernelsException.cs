using System.Reflection;

namespace Fusion.Runtime;

/// <summary>The assembly carries no kernels.</summary>
public sealed class NoKernelsException : FusionException
{
    internal NoKernelsException(Assembly assembly)
        : base(ErrorCodes.NoKernels,
            $"The assembly '{assembly.GetName().Name}' carries no GPU kernels. Build its project with the SDK Fusion.Sdk " +
            "and a .cu file in it, or give the assembly that has the kernels.") =>
        AssemblyName = assembly.GetName().Name ?? "";

    /// <summary>The assembly's simple name.</summary>
    public string AssemblyName { get; }
}
