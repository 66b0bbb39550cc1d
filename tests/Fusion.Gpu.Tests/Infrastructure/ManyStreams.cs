using System.Runtime.CompilerServices;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Infrastructure;

/// <summary>Lets 16 ranks share a GPU: before the driver starts, which the sources of some test cases do.</summary>
internal static class ManyStreams
{
    [ModuleInitializer]
    internal static void Allow() => NativeEnvironment.AllowManyStreams();
}
