using System.Reflection;
using Fusion.Manifest;

namespace Fusion.Runtime;

/// <summary>The kernel manifest of an assembly cannot be read, or is newer than this library.</summary>
public sealed class ManifestException : FusionException
{
    internal ManifestException(Assembly assembly, Exception reason)
        : base(ErrorCodes.Manifest,
            $"The kernel manifest of the assembly '{assembly.GetName().Name}' cannot be read: {reason.Message} Build the " +
            $"assembly again, with a Fusion.Sdk of the same version as Fusion.Runtime, which reads schema " +
            $"{KernelManifest.CurrentSchema} and older.", reason)
    {
    }
}
