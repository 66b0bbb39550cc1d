namespace Fusion.Runtime.Distributed.Ranks;

/// <summary>What tells this machine from others.</summary>
internal static class MachineIdentity
{
    // The kernel makes it at each start, and all containers of the machine see the same one, whatever their host names are.
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    /// <summary>Identity of the machine; its name where the kernel does not say more.</summary>
    public static string Value { get; } = Read();

    private static string Read()
    {
        try
        {
            return File.ReadAllText(BootId).Trim() is { Length: > 0 } id ? id : Environment.MachineName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Environment.MachineName;
        }
    }
}
