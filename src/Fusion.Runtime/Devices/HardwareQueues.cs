namespace Fusion.Runtime;

/// <summary>How many streams of a process reach a GPU independently. The driver's default is 8; two streams that share a queue
/// wait for each other's kernels, which for ranks that wait for each other is for ever: more than 8 ranks on a GPU, each with
/// a second kernel behind its first, would run into their timeout.</summary>
internal static class HardwareQueues
{
    private const string Most = "32";

    /// <summary>Asks for as many as there can be, unless the user has set a number. Has an effect only before the driver is
    /// initialized in this process.</summary>
    public static void Ask() => NativeEnvironment.SetDefault("CUDA_DEVICE_MAX_CONNECTIONS", Most);
}
