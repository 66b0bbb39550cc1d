namespace Fusion.Compiler.Output;

/// <summary>What fusionc does with the output folder.</summary>
internal enum OutputPolicy
{
    /// <summary>The folder is its own: records and manifest are written, and all that is not of this build is removed.</summary>
    Project,

    /// <summary>The folder is somebody's: images only.</summary>
    Images,

    /// <summary>The folder is somebody's: images and manifest.</summary>
    ImagesAndManifest,
}

/// <summary>The folder that fusionc owns: after a build it holds what the build made, and nothing else.</summary>
internal static class OutputFolder
{
    /// <summary>Removes what a killed run left half-written.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="WriteException">Something cannot be deleted.</exception>
    public static void RemoveLeftovers(string folder) => Remove(folder, file => file.EndsWith(AtomicFile.PartSuffix, StringComparison.Ordinal));

    /// <summary>Removes what no kernel of this build made: of kernels that were deleted or renamed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keep">Full paths of the files that belong there.</param>
    /// <exception cref="WriteException">Something cannot be deleted.</exception>
    public static void RemoveAllBut(string folder, IReadOnlySet<string> keep)
    {
        Remove(folder, file => !keep.Contains(file));
        RemoveEmptyFolders(folder);
    }

    private static void Remove(string folder, Func<string, bool> unwanted)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(unwanted)) AtomicFile.Delete(file);
    }

    private static void RemoveEmptyFolders(string folder)
    {
        foreach (var child in Directory.GetDirectories(folder))
        {
            RemoveEmptyFolders(child);
            if (Directory.EnumerateFileSystemEntries(child).Any()) continue;
            try
            {
                Directory.Delete(child);
            }
            catch (IOException e)
            {
                throw new WriteException(child, e);
            }
        }
    }
}
