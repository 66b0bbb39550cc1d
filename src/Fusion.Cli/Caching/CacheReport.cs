namespace Fusion.Cli.Caching;

/// <summary>Report of what the compile cache holds.</summary>
/// <param name="Path">Full path of the cache's folder.</param>
/// <param name="Entries">Number of compilations, each of a kernel for an architecture.</param>
/// <param name="Bytes">Size of all files in bytes.</param>
/// <param name="LastUsed">Time at which an entry was last written or used; null if there is none.</param>
/// <param name="Untrusted">Who else can write to the cache, so that builds use it only with FusionCacheShared; null if
/// nobody can.</param>
internal sealed record CacheReport(string Path, int Entries, long Bytes, DateTime? LastUsed, string? Untrusted);

/// <summary>Report of clearing the compile cache.</summary>
/// <param name="Path">Full path of the cache's folder.</param>
/// <param name="Entries">Number of compilations that the cache held.</param>
/// <param name="Bytes">Number of bytes that were freed.</param>
/// <param name="Left">Files that could not be deleted.</param>
internal sealed record CacheClearReport(string Path, int Entries, long Bytes, IReadOnlyList<string> Left);
