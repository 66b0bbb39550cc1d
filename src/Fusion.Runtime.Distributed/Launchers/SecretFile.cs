using System.Text;

namespace Fusion.Runtime.Distributed.Launchers;

/// <summary>The secret of a group, from a variable or a file that nobody else can read.</summary>
internal static class SecretFile
{
    private const string Secret = "FUSION_SECRET";
    private const string File = "FUSION_SECRET_FILE";
    private const int MostBytes = 4096;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the secret; null if there is none.</summary>
    /// <exception cref="FusionArgumentException">The file cannot be read, others can read it, or it has no secret.</exception>
    public static string? Read(LauncherVariables variables)
    {
        var secret = variables.Text(Secret);
        if (variables.Text(File) is not { } file) return secret;
        if (secret is not null)
            throw RendezvousErrors.Setting(File, $"{Secret} and {File} are both set.", "Unset one of them, so that it is clear which secret counts.");
        try
        {
            return Content(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException and not FusionArgumentException)
        {
            throw RendezvousErrors.Setting(
                File, $"{File} is '{file}', which cannot be read: {e.Message}", "Name a file with the secret that this user can read, and nobody else.");
        }
    }

    private static string Content(string file)
    {
        // The mode is that of what was opened, not of a link to it, nor of a file that came in its place.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (!OperatingSystem.IsWindows() && (System.IO.File.GetUnixFileMode(stream.SafeFileHandle) & Others) is var mode and not 0)
        {
            throw RendezvousErrors.Setting(
                File, $"Others than its owner have access to '{file}', the file of {File} (mode {Convert.ToString((int)System.IO.File.GetUnixFileMode(stream.SafeFileHandle), 8)}): {mode}.",
                $"Close it by 'chmod 600 {file}', and use a new secret if others may have read it.");
        }

        var bytes = new byte[MostBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var text = length <= MostBytes ? Encoding.UTF8.GetString(bytes, 0, length).Trim() : "";
        return text.Length > 0 ? text : throw RendezvousErrors.Setting(
            File, $"'{file}', the file of {File}, {(length > MostBytes ? $"has more than {MostBytes} bytes" : "is empty")}.",
            "Write a random text into it, as by 'openssl rand -hex 32'.");
    }
}
