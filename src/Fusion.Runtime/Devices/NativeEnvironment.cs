using System.Runtime.InteropServices;

namespace Fusion.Runtime;

/// <summary>Variables of the environment as native libraries see them.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable for libraries that are initialized later, unless the user has set it.</summary>
    /// <param name="name">The variable.</param>
    /// <param name="value">Its value.</param>
    public static void SetDefault(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is not null) return;
        Environment.SetEnvironmentVariable(name, value);
        // On Unix, .NET keeps variables to itself; native libraries ask the C library.
        if (!OperatingSystem.IsWindows()) _ = SetVariable(name, value, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
