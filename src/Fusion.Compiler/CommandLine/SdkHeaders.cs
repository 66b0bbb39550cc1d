namespace Fusion.Compiler.CommandLine;

/// <summary>The SDK's own headers, when fusionc is called by hand.</summary>
internal static class SdkHeaders
{
    // In the SDK's package fusionc is in tools/fusionc; a bundle has the headers beside it.
    private static readonly string[] Places = ["../../Sdk/kernels/cu", "kernels/cu"];

    /// <summary>The folder that holds <c>fusion/…</c>; empty if there is none.</summary>
    public static string Find() => Places.Select(p => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, p)))
        .FirstOrDefault(Directory.Exists) ?? "";
}
