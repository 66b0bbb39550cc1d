using Fusion.Compiler.Output;

namespace Fusion.Compiler.Caching;

/// <summary>A file of the cache.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Used">When it was written or used last.</param>
internal readonly record struct CacheFile(string Path, long Bytes, DateTime Used);

/// <summary>The folder of the compile cache, which any number of processes read and write at a time: an entry is written under
/// a name of its own, renamed, and never changed.</summary>
/// <param name="root">Full path of the folder that the user names; the cache has a folder of its own in it.</param>
/// <param name="isShared">Whether several users write to it, each of whom trusts all others.</param>
internal sealed class CacheFolder(string root, bool isShared = false)
{
    private const string FormatFolder = "kernels-1";
    private const string EntrySuffix = ".entry";
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    /// <summary>The user's own: <c>fusion</c> in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>, on Windows in
    /// <c>LocalApplicationData</c>.</summary>
    /// <returns>Empty if the user has no home.</returns>
    public static string OfUser()
    {
        var named = OperatingSystem.IsWindows() ? "" : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? "";
        if (System.IO.Path.IsPathFullyQualified(named)) return System.IO.Path.Combine(named, "fusion");
        var isWindows = OperatingSystem.IsWindows();
        var home = Environment.GetFolderPath(
            isWindows ? Environment.SpecialFolder.LocalApplicationData : Environment.SpecialFolder.UserProfile);
        if (home.Length == 0) return "";
        return System.IO.Path.Combine(isWindows ? [home, "fusion"] : [home, ".cache", "fusion"]);
    }

    /// <summary>Full path of the cache's own folder.</summary>
    public string Path { get; } = System.IO.Path.Combine(root, FormatFolder);

    /// <summary>Who else could have written what is in the cache.</summary>
    /// <returns>Null if it can be trusted.</returns>
    public string? WhyUntrusted() => isShared ? null : CacheTrust.WhyNotBelow(root) ?? CacheTrust.WhyNot(Path);

    /// <summary>The entries of a key, the one used last first. One that another user could have written is none.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder must not be read.</exception>
    public IEnumerable<string> Find(string key)
    {
        var shard = new DirectoryInfo(Shard(key));
        if (!shard.Exists || !IsOwn(shard.FullName)) return [];
        return shard.GetFiles($"{key}-*{EntrySuffix}").Where(f => IsOwn(f.FullName)).OrderByDescending(f => f.LastWriteTimeUtc)
            .Select(f => f.FullName);
    }

    /// <summary>Writes an entry, whole or not at all.</summary>
    /// <param name="key">Key of the entry.</param>
    /// <param name="variant">What tells it from other entries of the key.</param>
    /// <param name="content">The bytes.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public void Write(string key, string variant, byte[] content)
    {
        var path = System.IO.Path.Combine(Shard(key), $"{key}-{variant}{EntrySuffix}");
        var part = $"{path}.{Guid.NewGuid():n}{AtomicFile.PartSuffix}";
        if (isShared) Directory.CreateDirectory(Shard(key));
        else CacheTrust.CreateFolder(Shard(key));
        Unfinished.Add(part);
        try
        {
            WriteToDisk(part, content);
            File.Move(part, path, overwrite: true);
        }
        catch (Exception e) when (AtomicFile.IsOfFile(e))
        {
            AtomicFile.TryDelete(part);
            throw;
        }
        finally
        {
            Unfinished.Remove(part);
        }
    }

    /// <summary>Notes that an entry is of use, so that it stays longer than others.</summary>
    public static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that can only be read is of use too.
        }
    }

    /// <summary>All files of the cache.</summary>
    public IReadOnlyList<CacheFile> Files()
    {
        var folder = new DirectoryInfo(Path);
        if (!folder.Exists) return [];
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 1,
            IgnoreInaccessible = true,
            AttributesToSkip = 0,
        };
        return [.. folder.EnumerateFiles("*", options).Where(f => IsOurs(f.Name))
            .Select(f => new CacheFile(f.FullName, f.Exists ? f.Length : 0, f.LastWriteTimeUtc))];
    }

    /// <summary>Deletes what was not used for longest, until the rest fits with some room, and what a killed process left.
    /// </summary>
    /// <param name="limit">The most bytes; 0 for no limit.</param>
    public void Trim(long limit)
    {
        var files = Files().OrderBy(f => f.Used).ToList();
        var old = DateTime.UtcNow - AbandonedAfter;
        foreach (var part in files.Where(f => !IsEntry(f.Path) && f.Used < old)) AtomicFile.TryDelete(part.Path);
        var bytes = files.Sum(f => f.Bytes);
        if (limit <= 0 || bytes <= limit) return;
        var goal = limit - limit / 10;
        foreach (var entry in files.Where(f => IsEntry(f.Path)))
        {
            if (bytes <= goal) return;
            if (AtomicFile.TryDelete(entry.Path)) bytes -= entry.Bytes;
        }
    }

    /// <summary>Deletes all of the cache, and nothing else that is in its folder.</summary>
    /// <returns>The files that could not be deleted.</returns>
    public IReadOnlyList<CacheFile> Clear() => [.. Files().Where(file => !AtomicFile.TryDelete(file.Path))];

    /// <summary>Whether a file of the cache is an entry; else it is one that is being written.</summary>
    public static bool IsEntry(string path) => path.EndsWith(EntrySuffix, StringComparison.Ordinal);

    private bool IsOwn(string path) => isShared || CacheTrust.WhyNot(path) is null;

    // On the disk before it has its name: after a power failure an entry is whole, or not there.
    private void WriteToDisk(string path, byte[] content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!isShared && !OperatingSystem.IsWindows()) options.UnixCreateMode = CacheTrust.OwnersFile;
        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    private static bool IsOurs(string name) => IsEntry(name) || name.EndsWith(AtomicFile.PartSuffix, StringComparison.Ordinal);

    private string Shard(string key) => System.IO.Path.Combine(Path, key[..2]);
}
