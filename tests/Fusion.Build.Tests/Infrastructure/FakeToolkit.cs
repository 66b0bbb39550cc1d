namespace Fusion.Build.Tests.Infrastructure;

/// <summary>A folder laid out as a CUDA toolkit, with the pack's libraries.</summary>
internal static class FakeToolkit
{
    /// <summary>Creates the toolkit.</summary>
    /// <param name="root">The toolkit's folder.</param>
    /// <param name="libraries">Folder of the libraries in it.</param>
    public static string Create(string root, string libraries = "lib64")
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, libraries)).FullName;
        foreach (var library in Directory.GetFiles(PackedSdk.Nvrtc))
            File.Copy(library, Path.Combine(folder, Path.GetFileName(library)));
        return root;
    }

    /// <summary>Creates a toolkit whose NVRTC cannot be loaded.</summary>
    /// <param name="root">The toolkit's folder.</param>
    public static string CreateBroken(string root)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "lib64")).FullName;
        File.WriteAllText(Path.Combine(folder, "libnvrtc.so.12"), "no library");
        return root;
    }
}
