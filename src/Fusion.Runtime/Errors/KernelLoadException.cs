namespace Fusion.Runtime;

/// <summary>Kernels cannot be loaded: an assembly has none, none runs on the GPU or with its driver, or what is embedded is
/// not what was built. <see cref="FusionException.Code"/> says which.</summary>
public sealed class KernelLoadException : FusionException
{
    internal KernelLoadException(string code, string objectName, string message, Exception? innerException = null)
        : base(code, message, innerException) => ObjectName = objectName;

    /// <summary>Name of the assembly, module, image or kernel that cannot be loaded.</summary>
    public string ObjectName { get; }
}
