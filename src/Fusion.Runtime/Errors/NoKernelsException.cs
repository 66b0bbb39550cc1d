using System.Reflection;

namespace Fusion.Runtime;

/// <summary>An assembly carries no kernels.</summary>
public sealed class NoKernelsException : FusionException
{
    private const string BuiltInKernels = "Fusion.Runtime.BuiltInKernels";

    internal NoKernelsException(Assembly assembly)
        : base(ErrorCodes.NoKernels,
            $"The assembly '{assembly.GetName().Name}' carries no GPU kernels. " + Advice(assembly)) =>
        AssemblyName = assembly.GetName().Name ?? "";

    /// <summary>Simple name of the assembly.</summary>
    public string AssemblyName { get; }

    // The SDK marks assemblies whose kernels it was told not to compile, and programs whose trimmer removes them.
    private static string Advice(Assembly assembly) =>
        assembly == typeof(NoKernelsException).Assembly && AppContext.TryGetSwitch(BuiltInKernels, out var kept) && !kept
            ? "The program was published with FusionBuiltInKernels=false, which leaves them out: publish it without that property."
        : assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Any(mark => mark is { Key: "FusionCompileKernels", Value: "false" })
            ? "Its project was built with FusionCompileKernels=false, which leaves them out: build it without that property."
            : "Build its project with the SDK Fusion.Sdk and a .cu file in it, or give the assembly that has the kernels.";
}
